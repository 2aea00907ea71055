// For the tests of scripts/: the real proxy with one of the examples, in front of origins that
// answer with their name and keep what they were asked.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { freePort } from "../support/free-port.ts";

export interface StandOptions {
  /** File in scripts/. */
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  /** By group: what answers; `null`: with its name; `"nobody"`: nobody listens there. */
  readonly upstreams: Readonly<Record<string, RequestListener | "nobody" | null>>;
  /** More of the configuration, outside the tenant. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Seen {
  readonly group: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export class Stand implements AsyncDisposable {
  /** Requests that reached an origin, in order. */
  readonly seen: Seen[] = [];
  readonly #servers: Server[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  #proxy: TestProxy | null = null;

  private constructor() {}

  static async start(options: StandOptions): Promise<Stand> {
    const stand = new Stand();
    try {
      await stand.#start(options);
      return stand;
    } catch (thrown) {
      await stand[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  get proxy(): TestProxy {
    if (this.#proxy === null) throw new Error("not started");
    return this.#proxy;
  }

  async ask(path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Got> {
    const options = { host: "127.0.0.1", port: this.proxy.port, path, method, headers };
    const outgoing = request({ ...options, agent: this.#agent });
    outgoing.end(body);
    const [response] = await once(outgoing, "response");
    return {
      status: response.statusCode,
      headers: response.headers,
      body: await text(response),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.#proxy?.[Symbol.asyncDispose]();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  }

  async #start({ script, env = {}, upstreams, config = {} }: StandOptions): Promise<void> {
    const groups: Record<string, string[]> = {};
    for (const [name, listener] of Object.entries(upstreams)) {
      const port = listener === "nobody" ? await freePort() : await this.#listen(name, listener);
      groups[name] = [`127.0.0.1:${port}`];
    }
    const source = await readFile(new URL(`../../scripts/${script}`, import.meta.url), "utf8");
    this.#proxy = await TestProxy.start({
      files: { [script]: source },
      config: { ...oneTenant(groups, { script, env }), ...config },
    });
  }

  async #listen(group: string, listener: RequestListener | null): Promise<number> {
    const server = createServer((incoming, outgoing) => {
      const { method = "", url = "", headers } = incoming;
      this.seen.push({ group, method, url, headers });
      if (listener === null) outgoing.end(group);
      else listener(incoming, outgoing);
    });
    this.#servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return port;
  }
}

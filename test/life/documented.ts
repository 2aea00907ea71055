// The examples of docs/configuration.md, run as they stand: only the addresses of upstreams are
// those of an origin that answers with what it got.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "yaml";
import type { TestProxy } from "./proxy.ts";

const DOCS = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

/** The nth example of a section, with the addresses of these origins in place of its own. */
export function documented(
  section: string,
  index: number,
  origins: readonly Pick<Echo, "address">[],
) {
  const text = DOCS.split(/^##+ /m).find((part) => part.startsWith(`${section}\n`)) ?? "";
  const example = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)][index]?.[1];
  if (example === undefined)
    throw new Error(`docs/configuration.md has no such example: ${section}`);
  let config = example;
  for (const [i, origin] of origins.entries()) {
    config = config.replaceAll(`127.0.0.1:900${i + 1}`, origin.address);
  }
  const parsed: Record<string, unknown> = parse(config);
  return parsed;
}

/** An origin whose answer says which one it is, and what it got. */
export class Echo implements AsyncDisposable {
  readonly name: string;
  readonly #server;
  address = "";

  private constructor(name: string) {
    this.name = name;
    this.#server = createServer((request, response) => {
      response.setHeader("Server", "echo");
      response.setHeader("Cache-Control", "private");
      const { url, headers } = request;
      response.end(JSON.stringify({ name, target: url, headers }));
    });
  }

  static async start(name: string): Promise<Echo> {
    const echo = new Echo(name);
    echo.#server.listen(0, "127.0.0.1");
    await once(echo.#server, "listening");
    const { port } = echo.#server.address() as AddressInfo;
    echo.address = `127.0.0.1:${port}`;
    return echo;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request; unlike fetch, this sends a target as it is given. */
export async function ask(
  proxy: TestProxy,
  target: string,
  options: RequestOptions = {},
): Promise<Reply> {
  const { host, port } = proxy;
  const sent = request({ host, port, path: target, agent: false, ...options }).end();
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

/** What the origin said that it got. */
export function got(reply: Reply): {
  readonly name: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
} {
  return JSON.parse(reply.text);
}

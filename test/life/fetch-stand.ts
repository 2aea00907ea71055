// A proxy whose script fetches what a test tells it to, in either lane, and says what came.

import { escapeJson } from "../../src/wire/frame.ts";
import { oneTenant, type ProxyOptions, TestProxy } from "./proxy.ts";
import { exchange, type RawResponse } from "./raw-client.ts";

export const LANES = ["inline", "process"] as const;

/** One fetch. `read`: a method of Response. */
export interface Plan {
  readonly url: string;
  readonly init?: Readonly<Record<string, unknown>>;
  readonly read?: "text" | "json" | "bytes" | "arrayBuffer" | "twice" | "nothing";
}

export interface Told {
  readonly status?: number;
  readonly statusText?: string;
  readonly url?: string;
  readonly redirected?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `TypeError: …` */
  readonly error?: string;
}

export const FETCHER = `import { definePhases } from "sluice";
const readers = {
  text: (r) => r.text(), json: (r) => r.json(), nothing: () => null,
  bytes: async (r) => [...await r.bytes()],
  twice: async (r) => [await r.clone().text(), [...await r.bytes()]],
  arrayBuffer: async (r) => (await r.arrayBuffer()).byteLength,
};
async function run({ url, init, read = "text" }) {
  try {
    const response = await fetch(url, init);
    const { status, statusText, redirected, headers } = response;
    const body = await readers[read](response);
    const told = { status, statusText, url: response.url, redirected, body };
    return { ...told, headers: Object.fromEntries(headers) };
  } catch (error) {
    return { error: error.name + ": " + error.message };
  }
}
export default definePhases({
  async requestFilter({ request }) {
    if (request.method !== "POST" || request.target !== "/plan") return;
    return Response.json(await Promise.all((await request.json()).map(run)));
  },
});`;

export interface FetchStandOptions extends Pick<ProxyOptions, "env" | "nodeArgs"> {
  readonly lane?: (typeof LANES)[number];
  readonly script?: string;
  readonly upstreams?: Readonly<Record<string, unknown>>;
  readonly tenant?: Readonly<Record<string, unknown>>;
}

export class FetchStand implements AsyncDisposable {
  readonly proxy: TestProxy;

  private constructor(proxy: TestProxy) {
    this.proxy = proxy;
  }

  static async start(options: FetchStandOptions = {}): Promise<FetchStand> {
    const { lane = "inline", script = FETCHER, upstreams = {}, tenant = {}, ...rest } = options;
    const isolation = lane === "inline" ? { isolation: lane } : { isolation: lane, ...LOOPBACK };
    const proxy = await TestProxy.start({
      files: { "main.ts": script },
      config: oneTenant(upstreams, { script: "main.ts", ...isolation, ...tenant }),
      ...rest,
    });
    return new FetchStand(proxy);
  }

  /** What came of these fetches of one request. */
  async fetch(...plans: readonly Plan[]): Promise<Told[]> {
    const body = escapeJson(JSON.stringify(plans));
    const head = `POST /plan HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await exchange(this.proxy.port, head + body);
    if (answer.status !== 200) {
      const line = await this.proxy.waitFor(({ level }) => level === "error");
      throw new Error(`${answer.status}: ${line.msg}`);
    }
    return JSON.parse(Buffer.from(answer.body, "latin1").toString());
  }

  async one(plan: Plan): Promise<Told> {
    const [told] = await this.fetch(plan);
    if (told === undefined) throw new Error("nothing was told");
    return told;
  }

  async get(target: string, headers = ""): Promise<RawResponse> {
    const head = `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${headers}\r\n`;
    return await exchange(this.proxy.port, head);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** One of each lane. They are there before the first test is, whose end may be the file's. */
export async function bothLanes(
  options: FetchStandOptions = {},
): Promise<readonly (readonly [string, FetchStand])[]> {
  return await Promise.all(
    LANES.map(async (lane) => [lane, await FetchStand.start({ ...options, lane })] as const),
  );
}

/** A tenant's scripts need leave for the tests' own origins. */
const LOOPBACK = { egress: ["127.0.0.1"] };

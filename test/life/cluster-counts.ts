// Three proxies over one PostgreSQL that count together, in both lanes, and how a test asks them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Folder } from "../control/store-stand.ts";
import { LimitWindows } from "../support/limit-windows.ts";
import { newStore, server } from "./cluster-server.ts";
import { options, plainOrigin, until } from "./cluster-stand.ts";
import { type ProxyOptions, TestProxy } from "./proxy.ts";

/** By their lanes. */
export const TENANTS = ["inline", "process"] as const;
export type Tenant = (typeof TENANTS)[number];
export type Three = [TestProxy, TestProxy, TestProxy];

export const NODES = 3;
/** Of `requests`, in a second. */
export const LIMIT = 90;
/** The limit, and a tenth of it. */
const BOUND = 99;
/** Of `daily`, so that no window ends meanwhile: 3, and one more of each proxy. */
const DAY_MS = 86_400_000;

const SCRIPT = `
import { counter, definePhases, rateLimit } from "sluice";
const hits = counter("hits", { scope: "cluster" });
const kinds = counter("kinds", { labels: { kind: ["a", "b"] }, scope: "cluster" });
const rule = { algorithm: "fixed-window", scope: "cluster" } as const;
const requests = rateLimit("requests", { limit: ${LIMIT}, windowMs: 1_000, ...rule });
const daily = rateLimit("daily", { limit: ${NODES}, windowMs: ${DAY_MS}, ...rule });
const answer = ({ allowed }) => new Response(null, { status: allowed ? 200 : 429 });
export default definePhases({
  requestFilter(session) {
    const { target } = session.request;
    if (target === "/daily") return answer(daily.take("everybody"));
    if (target === "/hits") return new Response(String(hits.get()));
    if (target !== "/hit") return answer(requests.take("everybody"));
    kinds.labels({ kind: "b" }).incr(2);
    return new Response(String(hits.incr()));
  },
});
`;

export class Counting implements AsyncDisposable {
  readonly proxies: Three;
  /** With which each was started. */
  readonly options: readonly ProxyOptions[];
  readonly #database: string;
  readonly #given: AsyncDisposableStack;

  private constructor(
    proxies: Three,
    parts: {
      readonly options: readonly ProxyOptions[];
      readonly database: string;
      readonly given: AsyncDisposableStack;
    },
  ) {
    this.proxies = proxies;
    this.options = parts.options;
    this.#database = parts.database;
    this.#given = parts.given;
  }

  static async start(): Promise<Counting> {
    await using given = new AsyncDisposableStack();
    const origin = given.use(await plainOrigin());
    const store = await newStore();
    const upstreams = { origin: { peers: [origin.address] } };
    const tenants = Object.fromEntries(
      TENANTS.map((isolation) => [
        isolation,
        { hosts: [`${isolation}.example`], upstreams, isolation, script: "main.ts" },
      ]),
    );
    const all: ProxyOptions[] = [];
    for (let i = 0; i < NODES; i++) {
      const { path: folder } = given.use(await Folder.make());
      const { env = {} } = options(store, origin.address);
      all.push({ env, folder, files: { "main.ts": SCRIPT }, config: { store, tenants } });
    }
    const proxies = await started(all, given);
    const database = store.slice(store.lastIndexOf("/") + 1);
    return new Counting(proxies, { options: all, database, given: given.move() });
  }

  /** Until nothing is left of today, and all of it is told. What was let through. */
  async exhaust(tenant: Tenant): Promise<number> {
    let passed = 0;
    await until(async () => {
      const answers = await Promise.all(this.proxies.map((one) => ask(one, tenant, "/daily")));
      const before = passed;
      passed += answers.filter(({ status }) => status === 200).length;
      return passed === before && passed >= NODES && (await this.told(tenant)) === passed;
    });
    return passed;
  }

  /** What PostgreSQL knows to be let through today. */
  async told(tenant: Tenant): Promise<number> {
    return Number(
      await server?.sql(
        this.#database,
        `SELECT sum(value::int) FROM sluice.shared_uses, jsonb_each_text(used)
         WHERE series = '${DAY_MS} daily' AND tenant LIKE '${tenant}%'`,
      ),
    );
  }

  /** Load on all of them, most on the first, until a window is so; none is beyond the bound. */
  async within(isSo: (passed: readonly number[]) => boolean): Promise<void> {
    const ports = this.proxies.map(({ port }) => port);
    const hosts = TENANTS.map((tenant) => `${tenant}.example`);
    const windows = new LimitWindows({ ports, hosts, windowMs: 1_000, requests: [8, 1, 1] });
    await until(async () => {
      const all = await windows.next();
      for (const passed of all) assert.ok(sum(passed) <= BOUND, `${passed} of ${BOUND}`);
      return all.every(isSo);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    await this.#given[Symbol.asyncDispose]();
  }
}

/** The first one stores what the file has that is new. */
async function started(all: readonly ProxyOptions[], given: AsyncDisposableStack): Promise<Three> {
  const [first, second, third] = all;
  if (first === undefined || second === undefined || third === undefined) throw new TypeError();
  const start = async (options: ProxyOptions) => given.use(await TestProxy.start(options));
  const one = await start(first);
  return [one, ...(await Promise.all([start(second), start(third)]))];
}

const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

/** The answer's status, and what it says. */
export async function ask({ port }: TestProxy, tenant: Tenant, path: string) {
  const headers = { host: `${tenant}.example`, connection: "close" };
  const [response]: IncomingMessage[] = await once(
    get({ port, host: "127.0.0.1", path, headers }),
    "response",
  );
  assert.ok(response !== undefined);
  return { status: response.statusCode ?? 0, count: Number(await text(response)) };
}

export async function hit(proxy: TestProxy, tenant: Tenant, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await ask(proxy, tenant, "/hit");
}

export async function agree(proxies: Three, tenant: Tenant, sum: number): Promise<void> {
  for (const proxy of proxies) {
    await until(async () => (await ask(proxy, tenant, "/hits")).count === sum);
  }
}

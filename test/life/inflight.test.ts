// In-flight limits are one for all workers and cells, whatever is deployed, dies or ends a request:
// never more than the limit, and nothing is held for ever.

import assert from "node:assert/strict";
import { constants } from "node:http2";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { RateLoad } from "../support/rate-load.ts";
import { CellStand } from "./cell-stand.ts";
import { LANES } from "./fetch-stand.ts";
import { HeldOrigin } from "./held-origin.ts";
import { Http2Client } from "./http2-client.ts";
import { TestProxy } from "./proxy.ts";
import { exchange, RawClient } from "./raw-client.ts";

const LIMIT = 5;

const SCRIPT = (version: number): string => `
  import { definePhases, inflight } from "sluice";
  const limit = inflight("requests", { limit: ${LIMIT} });
  export default definePhases({
    async requestFilter({ request }) {
      if (!limit.enter(request.headers.get("x-key") ?? "")) {
        return new Response("v${version}", { status: 429 });
      }
      if (request.target === "/throw") throw new Error("thrown");
      if (request.target === "/loop") for (;;);
      if (request.target === "/abort") "ab".repeat(2 ** 28).split("");
      if (request.target === "/wait") await new Promise(() => setTimeout(() => {}, 1e6));
    },
    responseFilter({ response }) { response.headers.set("x-version", "${version}"); },
    async logging({ request }) {
      if (request.target === "/late") limit.enter(request.headers.get("x-key") ?? "");
    },
  });
`;

interface StandOptions {
  readonly isolation: string;
  readonly origin: HeldOrigin;
}

/** Its first worker ends by itself at SIGWINCH. */
const start = ({ isolation, origin }: StandOptions): Promise<TestProxy> =>
  TestProxy.start({
    nodeArgs: ["--import", new URL("./throw-in-one.mjs", import.meta.url).href],
    files: { "main.ts": SCRIPT(1) },
    config: {
      workers: 2,
      listeners: [{ address: "127.0.0.1:0", http2: true }],
      tenants: {
        demo: {
          ...{ hosts: ["*"], script: "main.ts", isolation, egress: ["127.0.0.1"] },
          ...{ upstreams: { main: { peers: [origin.address] } }, defaultUpstream: "main" },
          limits: { hookMs: 100 },
        },
      },
    },
  });

const head = (target: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: demo.example\r\nX-Key: one\r\nConnection: close\r\n\r\n`;

const ask = async (proxy: TestProxy, target: string): Promise<number> =>
  (await exchange(proxy.port, head(target))).status;

/**
 * As many as there may be at once. A cell may hear of one worker's request before it hears of what
 * another has given back: who was refused asks again.
 */
async function open(proxy: TestProxy, target: string, count = LIMIT): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (;;) {
    const letIn = clients.filter(({ text, isClosed }) => text === "" && !isClosed);
    if (letIn.length < count) {
      clients.push((await RawClient.to(proxy.port)).send(head(target)));
    } else if ((await held(proxy)) === LIMIT) return letIn;
    await setImmediate();
  }
}

async function held(proxy: TestProxy): Promise<number> {
  const line = /^sluice_inflight_requests\{.*"demo".*"requests".*\} (\d+)$/m;
  return Number(line.exec(await proxy.metrics())?.[1] ?? -1);
}

/** The last of them may have ended a moment ago. */
async function holds(proxy: TestProxy, count: number): Promise<void> {
  while ((await held(proxy)) !== count) await setImmediate();
}

/** As many as there may be at once are let in: none of those before holds anything. */
async function isFree(proxy: TestProxy, origin: HeldOrigin): Promise<void> {
  await holds(proxy, 0);
  const clients = await open(proxy, "/held");
  await origin.holds(LIMIT);
  assert.equal(await held(proxy), LIMIT);
  assert.equal(await ask(proxy, "/"), 429);
  origin.release();
  for (const client of clients) assert.equal((await client.response()).status, 200);
  await holds(proxy, 0);
}

for (const isolation of LANES) {
  test(`${isolation}: an in-flight limit`, { timeout: 240_000 }, async (t) => {
    await using origin = await new HeldOrigin().start();
    await using proxy = await start({ isolation, origin });

    await t.test("two workers never let in more at once, also over a reload", async () => {
      using load = new RateLoad(proxy.port, { connections: 32, key: "one" });
      await load.run(200);
      await proxy.write("main.ts", SCRIPT(2));
      const reloaded = proxy.waitFor((line) => line.msg === "reloaded");
      proxy.signal("SIGHUP");
      await Promise.all([load.run(400), reloaded]);
      await load.run(64);
      assert.ok(origin.most <= LIMIT, `${origin.most} at once`);
      assert.ok((load.statuses[429] ?? 0) > 0 && load.bodies.has("v2"));
      await isFree(proxy, origin);
    });

    await t.test("whatever ends a request, it holds nothing any more", async () => {
      for (const target of ["/", "/throw", "/loop", "/late"]) {
        const expected = target === "/throw" || target === "/loop" ? 500 : 200;
        let statuses: number[] = [];
        // a cell may not have heard yet of what those before have given back: then all are refused
        while (statuses.every((status) => status === 429)) {
          statuses = await Promise.all(Array.from({ length: 8 }, () => ask(proxy, target)));
        }
        assert.ok(statuses.includes(expected), `${target}: ${statuses}`);
      }
      for (const target of ["/wait", "/held"]) {
        await holds(proxy, 0);
        const clients = await open(proxy, target);
        await holds(proxy, LIMIT);
        for (const { socket } of clients) socket.resetAndDestroy();
      }
      await isFree(proxy, origin);
    });

    await t.test("a stream of HTTP/2 that is reset holds nothing any more", async () => {
      await using client = await Http2Client.to(proxy.url);
      for (const path of ["/wait", "/held"]) {
        const stream = client.open({ ":path": path, "x-key": "one" }).end();
        await holds(proxy, 1);
        stream.close(constants.NGHTTP2_CANCEL);
        await holds(proxy, 0);
      }
    });

    await t.test("a worker that dies holds nothing any more, and the other does", async () => {
      const clients = await open(proxy, "/held");
      await origin.holds(LIMIT);
      proxy.signal("SIGWINCH");
      await proxy.waitFor(({ msg }) => msg === "a worker ended by itself");
      const left = () => clients.filter(({ isClosed }) => !isClosed).length;
      while ((await held(proxy)) !== left()) await setImmediate();
      origin.release();
      await isFree(proxy, origin);
      for (const { socket } of clients) socket.destroy();
    });

    await overHandovers(t, proxy, origin);
  });
}

async function overHandovers(t: TestContext, proxy: TestProxy, origin: HeldOrigin): Promise<void> {
  await t.test("a successor counts what its predecessor still answers", async () => {
    const clients = await open(proxy, "/held");
    await origin.holds(LIMIT);
    await handOver(proxy, 3);
    assert.equal(await askedOf(proxy, "v3"), 429);
    const [one] = origin.held;
    one?.end("held");
    await holds(proxy, LIMIT - 1);
    const next = await open(proxy, "/held", 1);
    await origin.holds(LIMIT);
    assert.equal(await askedOf(proxy, "v3"), 429);
    origin.release();
    for (const client of [...clients, ...next]) {
      assert.equal((await client.response()).status, 200);
    }
    await isFree(proxy, origin);
  });

  await t.test("and nothing any more of a predecessor that was killed", async () => {
    const clients = await open(proxy, "/held");
    await origin.holds(LIMIT);
    const before = proxy.pids().at(-1) ?? 0;
    await handOver(proxy, 4);
    assert.equal(await askedOf(proxy, "v4"), 429);
    process.kill(before, "SIGKILL");
    await isFree(proxy, origin);
    for (const { socket } of clients) socket.destroy();
  });
}

/** Resolves when another process serves, with that version of the script. */
async function handOver(proxy: TestProxy, version: number): Promise<void> {
  const before = proxy.pids().length;
  await proxy.write("main.ts", SCRIPT(version));
  proxy.signal("SIGUSR2");
  await proxy.waitFor(() => proxy.pids().length > before);
}

/** Status of a request that is refused, by the process that serves that version. */
async function askedOf(proxy: TestProxy, version: string): Promise<number> {
  for (;;) {
    const { status, body } = await exchange(proxy.port, head("/"));
    if (status !== 429 || body === version) return status;
  }
}

test("a cell that dies lifts no limit for requests under way, and holds none for others", async () => {
  await using origin = await new HeldOrigin().start();
  await using stand = await CellStand.start({
    files: { "demo.ts": SCRIPT(1) },
    config: { workers: 2 },
    tenants: {
      demo: {
        ...{ egress: ["127.0.0.1"], limits: { hookMs: 100 } },
        ...{ upstreams: { main: { peers: [origin.address] } }, defaultUpstream: "main" },
      },
    },
  });
  const { proxy } = stand;
  const all = Array.from({ length: LIMIT }, () => ask(proxy, "/held"));
  await origin.holds(LIMIT);
  await stand.signalCells("SIGKILL");
  assert.equal(await ask(proxy, "/"), 429);
  origin.release();
  assert.deepEqual(new Set(await Promise.all(all)), new Set([200]));
  const killers = await Promise.all(Array.from({ length: LIMIT }, () => ask(proxy, "/abort")));
  assert.ok(killers.includes(500), `${killers}`);
  await isFree(proxy, origin);
});

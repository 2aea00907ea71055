// A hundred reloads and ten handovers under load, with WebSockets open: no request fails, no
// WebSocket closes that need not, counters stay exact, and memory stays where it was.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { TestProxy } from "../life/proxy.ts";
import { openSocket, SocketOrigin } from "../life/socket-origin.ts";
import { SteadyLoad } from "../life/steady-load.ts";

const RELOADS = 100;
const HANDOVERS = 10;
const CONNECTIONS = 64;
const SOCKETS = 20;
/** Above the level after the first tenth of the reloads, when every pool and heap has grown up. */
const GROWTH_MAX = 1.35;

const script = (version: number): string => `
  import { counter, definePhases } from "sluice";
  const served = counter("served");
  export default definePhases({
    newCtx: () => ({ version: ${version} }),
    logging() { served.incr(); },
  });
`;

const residentKiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

const served = async (proxy: TestProxy): Promise<number> =>
  Number(/script_value\{tenant="load",name="served"\} (\d+)/.exec(await proxy.metrics())?.[1]);

async function start(origin: SocketOrigin, drainMs: number): Promise<TestProxy> {
  const upstreams = { origin: { peers: [origin.address] } };
  return await TestProxy.start({
    files: { "main.ts": script(0) },
    config: {
      workers: 2,
      log: { access: "off" },
      timeouts: { drainMs },
      tenants: {
        // calls that run again after a kill may count twice: on a busy machine none may be killed
        load: { hosts: ["load.test"], script: "main.ts", upstreams, limits: { hookMs: 10_000 } },
        sockets: { hosts: ["*"], upstreams },
      },
    },
  });
}

test("a hundred reloads lose nothing and leave memory as it was", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin, 60_000);
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openSocket(proxy.port)));
  let closed = 0;
  for (const socket of sockets) socket.addEventListener("close", () => closed++);
  const load = new SteadyLoad(proxy.port, CONNECTIONS);
  const levels: number[] = [];
  for (let i = 1; i <= RELOADS; i++) {
    await proxy.write("main.ts", script(i));
    proxy.signal("SIGHUP");
    await proxy.waitFor(({ msg, generation }) => msg === "reloaded" && generation === i + 1);
    await load.more(50);
    if (i % (RELOADS / 10) === 0) levels.push(residentKiB(proxy.process.pid ?? 0));
  }
  await load.stop();
  assert.deepEqual([load.failures, closed], [[], 0]);
  assert.equal(await served(proxy), load.answered);
  const growth = Math.max(...levels.slice(-2)) / (levels[0] ?? 1);
  assert.ok(growth < GROWTH_MAX, `resident memory in KiB: ${levels.join(", ")}`);
  for (const socket of sockets) socket.close();
});

test("ten handovers lose nothing, and WebSockets live as long as drainMs", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin, 600_000);
  const load = new SteadyLoad(proxy.port, CONNECTIONS);
  const sockets: WebSocket[] = [];
  let closed = 0;
  for (let i = 1; i <= HANDOVERS; i++) {
    for (let s = 0; s < SOCKETS / HANDOVERS; s++) {
      const socket = await openSocket(proxy.port);
      socket.addEventListener("close", () => closed++);
      sockets.push(socket);
    }
    proxy.signal("SIGUSR2");
    await proxy.waitFor(() => proxy.pids().length === i + 1);
    await load.more(500);
  }
  await load.stop();
  assert.deepEqual([load.failures, closed], [[], 0]);
  const over = sockets.map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.close();
  await Promise.all(over);
  await proxy.waitFor(
    () => proxy.lines.filter(({ msg }) => msg === "stopped").length === HANDOVERS,
  );
  assert.equal(await served(proxy), load.answered);
});

test("a main thread that throws hands over before it ends", async () => {
  await using origin = await SocketOrigin.start();
  const preload = new URL("../life/throw-on-winch.mjs", import.meta.url);
  await using proxy = await TestProxy.start({
    config: {
      log: { access: "off" },
      tenants: { a: { hosts: ["*"], upstreams: { o: { peers: [origin.address] } } } },
    },
    nodeArgs: ["--import", preload.href],
  });
  const load = new SteadyLoad(proxy.port, 4);
  // a crash is taken for an accident only when the process has served for a while (crashAgeMs)
  const ready = await proxy.waitFor(({ msg }) => msg === "ready");
  const oldEnoughMs = Date.parse(String(ready.time)) + LIMITS.crashAgeMs + 500;
  while (Date.now() < oldEnoughMs && load.failures.length === 0) await load.more(10);
  assert.deepEqual(load.failures, []);
  proxy.signal("SIGWINCH");
  await proxy.waitFor(() => proxy.pids().length === 2);
  await load.more(100);
  await load.stop();
  assert.equal(await proxy.exited(), 1);
  assert.deepEqual(load.failures, []);
});

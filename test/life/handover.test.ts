// A handover by SIGUSR2: a new process serves on the same sockets, and no client notices.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { call } from "./control.ts";
import { HandoverStand } from "./handover-stand.ts";
import { type LogLine, oneTenant, TestProxy } from "./proxy.ts";
import { openSocket, SocketOrigin } from "./socket-origin.ts";
import { SteadyLoad } from "./steady-load.ts";

const COUNTING = `
  import { counter, definePhases } from "sluice";
  const served = counter("served");
  export default definePhases({
    responseFilter(session) { session.response.headers.set("x-served", String(served.incr())); },
  });
`;

const message = (proxy: TestProxy, text: string): Promise<LogLine> =>
  proxy.waitFor((line) => line.msg === text);

const get = (proxy: TestProxy, path = "/"): Promise<Response> =>
  fetch(proxy.url + path, { headers: { connection: "close" } });

test("it moves listeners, admin address and counters; what is under way ends in the old one", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await TestProxy.start({
    files: { "main.ts": COUNTING },
    config: {
      ...oneTenant({ origin: [origin.address] }, { script: "main.ts" }),
      workers: 2,
      timeouts: { drainMs: 60_000 },
    },
  });
  assert.equal((await get(proxy)).headers.get("x-served"), "1");
  const held = await get(proxy, "/held");
  const socket = await openSocket(proxy.port);

  await proxy.write("main.ts", COUNTING.replace("x-served", "x-new"));
  proxy.signal("SIGUSR2");
  const { pid } = await message(proxy, "handed over");
  assert.notEqual(pid, proxy.process.pid);
  assert.deepEqual(proxy.pids(), [proxy.process.pid, pid]);
  assert.equal((await fetch(`${proxy.admin}/v1/ready`)).status, 200);
  assert.equal((await get(proxy)).headers.get("x-new"), "4");

  origin.release();
  assert.equal(await held.text(), "begun ended");
  const heard = once(socket, "message");
  origin.greet();
  await heard;
  const closed = once(socket, "close");
  socket.close();
  await closed;
  assert.equal(await proxy.exited(), 0);
  assert.match(await proxy.metrics(), /sluice_script_value\{tenant="demo",name="served"\} 4/);
  proxy.signal("SIGTERM");
});

test("a WebSocket that outlasts drainMs is told to come again, and the old process ends", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await TestProxy.start({
    config: { ...oneTenant({ origin: [origin.address] }), timeouts: { drainMs: 50 } },
  });
  const socket = await openSocket(proxy.port);
  const closed = once(socket, "close");
  proxy.signal("SIGUSR2");
  const [event] = await closed;
  assert.equal(event.code, 1012);
  assert.equal(await proxy.exited(), 0);
  assert.equal((await get(proxy)).status, 200);
});

test("a successor that cannot start leaves the old process serving, and the log says why", async () => {
  await using origin = await SocketOrigin.start();
  const config = oneTenant({ origin: [origin.address] });
  await using proxy = await TestProxy.start({ config });
  await proxy.write("sluice.yaml", "workers: many\n");
  proxy.signal("SIGUSR2");
  const { reason } = await message(proxy, "handover failed: this process serves on");
  assert.match(String(reason), /sluice\.yaml:1:\d+: workers/);
  assert.equal((await get(proxy)).status, 200);

  await proxy.configure(config);
  proxy.signal("SIGUSR2");
  await message(proxy, "handed over");
  assert.equal(await proxy.exited(), 0);
});

test("no request fails under load, whatever number of workers the successor has", async () => {
  await using origin = await SocketOrigin.start();
  const config = { ...oneTenant({ origin: [origin.address] }), log: { access: "off" } };
  await using proxy = await TestProxy.start({ config: { ...config, workers: 2 } });
  const load = new SteadyLoad(proxy.port, 16);
  for (const workers of [1, 3, 2]) {
    await load.more(200);
    await proxy.configure({ ...config, workers });
    const before = proxy.pids().length;
    proxy.signal("SIGUSR2");
    await proxy.waitFor(() => proxy.pids().length > before);
    await load.more(200);
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(await proxy.exited(), 0);
});

test("a stuck worker is named, changes say when to ask again, and a successor serves before the process ends", async () => {
  await using origin = await SocketOrigin.start();
  const script = `
    import { counter, definePhases } from "sluice";
    const seen = counter("seen");
    export default definePhases({
      requestFilter(session) {
        seen.incr();
        if (session.request.headers.has("stuck")) [].indexOf.call({ length: 2 ** 53 - 1 }, 1);
      },
    });
  `;
  // what waits for the worker waits until it has used the processor for as long as it may
  const config = { timeouts: { prepareMs: 600_000 } };
  const files = { "main.ts": script };
  await using stand = await HandoverStand.start(origin.address, { files, config });
  const { proxy } = stand;
  const lost = fetch(proxy.url, { headers: { stuck: "1" } }).catch(() => "lost");
  const seen = async () => {
    const { body } = await call(proxy, ["GET", "/tenants/demo/counters"]);
    return JSON.stringify(body);
  };
  while (!(await seen()).includes('"value":1')) await new Promise(setImmediate);
  // it waits for the worker that is stuck, until that is known
  const waits = call(proxy, ["POST", "/tenants/demo/suspend"], {});
  await message(proxy, "handing over: a successor is being started");
  assert.equal((await waits).status, 503);
  const refused = await call(proxy, ["POST", "/tenants/demo/suspend"], {});
  assert.equal(refused.status, 503);
  assert.match(JSON.stringify(refused.body), /a successor is being started: ask again/);
  stand.letSuccessorStart();
  await proxy.waitFor(() => proxy.pids().length === 2);
  assert.equal(await lost, "lost");
  assert.equal(await proxy.exited(), null);
  await proxy.complains(/worker 1 is stuck by the script of tenant demo/);
  assert.equal((await get(proxy)).status, 200);
  assert.match(await proxy.metrics(), /sluice_script_value\{tenant="demo",name="seen"\} 2/);
});

test("a main thread that throws right after its start ends: it would throw again", async () => {
  await using origin = await SocketOrigin.start();
  const preload = new URL("./throw-on-winch.mjs", import.meta.url);
  await using proxy = await TestProxy.start({
    config: oneTenant({ origin: [origin.address] }),
    // whatever time the start has taken
    env: { THROWN_AT_MS: "0" },
    nodeArgs: ["--import", preload.href],
  });
  proxy.signal("SIGWINCH");
  assert.equal(await proxy.exited(), 1);
  await proxy.complains(/internal error: Error: thrown by the test/);
  assert.equal(proxy.pids().length, 1);
});

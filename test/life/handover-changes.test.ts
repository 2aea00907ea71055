// During a handover: what may not be changed says so, nothing is cut off, what is acknowledged
// holds, and who is told to end ends.

import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { call, deploy, TOKEN, versioned } from "./control.ts";
import { HandoverStand } from "./handover-stand.ts";
import { httpOrigin } from "./http-origin.ts";
import type { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { SocketOrigin } from "./socket-origin.ts";

const plainOrigin = () => httpOrigin((_request, response) => void response.end("plain"));

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** The predecessor takes no calls any more, but for those on connections that are open. */
async function givesWay({ proxy }: HandoverStand): Promise<void> {
  await proxy.waitFor(({ msg, signal }) => msg === "shutting down" && signal === "handover");
}

test("changes are refused with 503 and Retry-After, and are no error of the proxy's", async () => {
  await using origin = await plainOrigin();
  await using stand = await HandoverStand.start(origin.address);
  const { proxy } = stand;
  for (const version of [1, 2]) assert.equal((await deploy(proxy, versioned(version))).status, 201);
  await stand.begin();
  const demo = "/tenants/demo";
  for (const [method, path, body] of [
    ["POST", `${demo}/rollback`, {}],
    ["PUT", `${demo}/traffic`, { versions: [{ version: 1, percent: 100 }] }],
    ["POST", `${demo}/enable`, { version: 1 }],
    ["POST", `${demo}/deployments`, { files: { "main.ts": versioned(3) }, entry: "main.ts" }],
    ["POST", `${demo}/suspend`, {}],
    ["PUT", `${demo}/flags/f`, { value: 1 }],
    ["POST", "/reload", undefined],
  ] as const) {
    const response = await fetch(`${proxy.admin}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/json",
        connection: "close",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = await response.text();
    assert.equal(response.status, 503, `${path}: ${said}`);
    assert.equal(response.headers.get("retry-after"), "5", path);
  }
  stand.letSuccessorStart();
  await givesWay(stand);
  assert.equal((await call(proxy, ["POST", `${demo}/rollback`], {})).status, 200);
  assert.deepEqual(
    proxy.lines.filter(({ msg }) => msg === "the admin listener failed"),
    [],
  );
});

test("a change that the successor acknowledges holds on connections of its predecessor's", async () => {
  await using origin = await plainOrigin();
  await using stand = await HandoverStand.start(origin.address, {
    files: { "main.ts": versioned(1) },
  });
  const { proxy } = stand;
  await using client = await RawClient.to(proxy.port);
  assert.equal((await client.send(GET).response()).status, 200);
  // a call under way that takes its time keeps nothing waiting
  const slow = slowCall(proxy);
  await stand.begin();
  stand.letSuccessorStart();
  await givesWay(stand);
  const path = "/tenants/demo/suspend";
  assert.equal((await call(proxy, ["POST", path], {})).status, 200);
  client.send(GET);
  await client.closed();
  assert.doesNotMatch(client.text, /^HTTP\/1.1 200/);
  assert.equal(await slow.finish(), 503);
  assert.equal(await proxy.exited(), 0);
});

test("connections to the admin address that are open bring one more call", async () => {
  await using origin = await plainOrigin();
  await using stand = await HandoverStand.start(origin.address);
  const { proxy } = stand;
  using agent = keptAlive();
  assert.equal((await health(proxy, agent)).connection, "keep-alive");
  await stand.begin();
  stand.letSuccessorStart();
  await givesWay(stand);
  assert.deepEqual(await health(proxy, agent), { status: 200, connection: "close" });
  assert.equal(await proxy.exited(), 0);
});

test("SIGTERM during a handover ends both processes with 0, and keeps what they counted", async () => {
  await using origin = await SocketOrigin.start();
  const files = {
    "main.ts": `
      import { counter, definePhases } from "sluice";
      const served = counter("served");
      export default definePhases({ logging() { served.incr(); } });
    `,
  };
  await using stand = await HandoverStand.start(origin.address, { files });
  const { proxy } = stand;
  await get(proxy, "/");
  const held = get(proxy, "/held");
  await until(() => origin.isHolding);
  await stand.begin();
  proxy.signal("SIGTERM");
  await proxy.waitFor(({ msg }) => msg === "shutting down");
  stand.letSuccessorStart();
  await proxy.waitFor(() => proxy.pids().length === 2);
  origin.release();
  assert.equal(await held, "begun ended");
  assert.equal(await proxy.exited(), 0);
  assert.equal(await stand.successorStatus(), "0");
  await using again = await stand.startAgain();
  assert.match(await again.metrics(), /\{tenant="demo",name="served"\} 2$/m);
});

test("SIGUSR2 while a proxy ends starts no successor", async () => {
  await using origin = await SocketOrigin.start();
  await using stand = await HandoverStand.start(origin.address);
  const { proxy } = stand;
  const held = get(proxy, "/held");
  await until(() => origin.isHolding);
  proxy.signal("SIGTERM");
  await proxy.waitFor(({ msg }) => msg === "shutting down");
  proxy.signal("SIGUSR2");
  stand.letSuccessorStart();
  origin.release();
  assert.equal(await held, "begun ended");
  assert.equal(await proxy.exited(), 0);
  assert.deepEqual(proxy.pids(), [proxy.process.pid]);
});

async function get(proxy: TestProxy, path: string): Promise<string> {
  const answer = await fetch(proxy.url + path, { headers: { connection: "close" } });
  return await answer.text();
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

interface SlowCall {
  /** Sends the rest. Resolves to the status of the answer. */
  finish(): Promise<number>;
}

function slowCall(proxy: TestProxy): SlowCall {
  const body = JSON.stringify({ value: 1 });
  const sent = request(`${proxy.admin}/v1/tenants/demo/flags/f`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
      "content-length": body.length,
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    sent.once("error", reject).once("response", async (response) => {
      await text(response);
      resolve(response.statusCode ?? 0);
    });
  });
  sent.write(body.slice(0, 3));
  return {
    finish: () => {
      sent.end(body.slice(3));
      return answered;
    },
  };
}

function keptAlive(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}

function health(
  proxy: TestProxy,
  agent: Agent,
): Promise<{ status: number; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${proxy.admin}/v1/health`, { agent });
    sent.once("error", reject).once("response", async (response) => {
      await text(response);
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, connection: headers.connection });
    });
    sent.end();
  });
}

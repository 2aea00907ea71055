// slowhttptest against a real proxy: slow heads (-H), bodies (-B), ranges (-R) and readers (-X),
// and many connections that rest, while others ask as always: they notice nothing.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange, RawClient } from "../life/raw-client.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";
import { missing } from "../support/debian.ts";

const run = promisify(execFile);
const CONNECTIONS = 500;
const SECONDS = 8;
const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
const skip = await missing("slowhttptest", "slowhttptest");

const origin = await RawOrigin.start(answering(() => ok("x".repeat(200_000))));
after(() => origin[Symbol.asyncDispose]());
const proxy = await TestProxy.start({
  config: {
    ...oneTenant({ main: [origin.address] }),
    timeouts: { headMs: 2_000, bodyIdleMs: 2_000, clientWriteMs: 2_000, keepAliveMs: 60_000 },
    log: { access: "off" },
  },
});
after(() => proxy[Symbol.asyncDispose]());

const MODES = {
  "slow heads": ["-H", "-i", "1"],
  "slow bodies": ["-B", "-i", "1", "-s", "8192"],
  ranges: ["-R", "-a", "1", "-b", "1000"],
  "slow readers": ["-X", "-w", "8", "-y", "16", "-n", "1", "-z", "4", "-k", "3"],
};

/** Requests of others, one after the other, until it is over: their statuses. */
async function others(isOver: () => boolean): Promise<number[]> {
  const statuses: number[] = [];
  while (!isOver()) {
    const { status } = await exchange(proxy.port, GET);
    statuses.push(status);
  }
  return statuses;
}

for (const [name, options] of Object.entries(MODES)) {
  test(`${name} cost nobody else a request`, { skip }, async () => {
    let isOver = false;
    const served = others(() => isOver);
    const common = ["-c", `${CONNECTIONS}`, "-r", `${CONNECTIONS}`, "-l", `${SECONDS}`];
    const { stdout } = await run("slowhttptest", [...options, ...common, "-u", `${proxy.url}/`]);
    isOver = true;
    const statuses = await served;
    assert.ok(statuses.length > 10);
    assert.deepEqual(new Set(statuses), new Set([200]));
    // it colours what it says
    const plain = stdout.replace(/\x1b\[[0-9;]*m/g, "");
    assert.match(plain, /service available:\s+YES/);
  });
}

test("thousands of connections that rest cost nobody else a request", async () => {
  const resting = await Promise.all(
    Array.from({ length: 10_000 }, () => RawClient.to(proxy.port).catch(() => null)),
  );
  const opened = resting.filter((one) => one !== null);
  assert.ok(opened.length > 9_000);
  let asked = 0;
  const statuses = await others(() => ++asked > 100);
  assert.deepEqual(new Set(statuses), new Set([200]));
  for (const client of opened) client.socket.destroy();
});

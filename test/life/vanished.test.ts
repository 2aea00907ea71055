// Clients that break off, at any byte, and clients that send noise: the proxy goes on, holds
// nothing of theirs, and the origin gets no end of what was not finished.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

const REQUEST =
  "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: 1\r\n\r\n";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Resolves when the proxy holds no client connection any more. */
async function assertNothingHeld(): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  for (;;) {
    const text = await proxy.metrics();
    const held = /^sluice_connections(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1];
    const active = /^sluice_requests_active(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1];
    if (held === "0" && active === "0") return;
    assert.ok(performance.now() < deadlineMs, `${held} connections, ${active} requests`);
  }
}

for (const [how, leave] of [
  ["a FIN", (client: RawClient) => client.socket.destroy()],
  ["a reset", (client: RawClient) => client.socket.resetAndDestroy()],
] as const) {
  test(`a request cut off with ${how} at each of its bytes is never finished`, async () => {
    await origin.reset(answering(ok()));
    for (let length = 0; length < REQUEST.length; length++) {
      const client = await RawClient.to(proxy.port);
      await client.sendAlone(REQUEST.slice(0, length));
      leave(client);
    }
    await assertNothingHeld();
    assert.doesNotMatch(origin.text, /\r\n0\r\n/);
    assert.equal((await exchange(proxy.port, REQUEST)).status, 200);
  });
}

test("a client that leaves while its answer streams stops the origin", async () => {
  await origin.reset(answering("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\nabc"));
  await using client = await RawClient.to(proxy.port);
  client.send(GET);
  await client.until(() => client.text.endsWith("abc"), "a part");
  client.socket.resetAndDestroy();
  await origin.until(() => origin.connections[0]?.hasEnded === true, "its end");
});

test("noise is answered 400 or not at all, and never reaches the origin", async () => {
  await origin.reset(answering(ok()));
  const random = sequence(20_26);
  for (let round = 0; round < 300; round++) {
    const bytes = Array.from({ length: random(200) }, () => random(256));
    await using client = await RawClient.to(proxy.port);
    client.send(String.fromCharCode(...bytes)).endHalf();
    await client.closed();
    assert.match(client.text, /^(?:HTTP\/1\.1 4\d\d |$)/);
  }
  assert.equal(origin.text, "");
  await assertNothingHeld();
});

test("a request with one byte changed is answered, and the origin sees HTTP or nothing", async () => {
  const random = sequence(7);
  for (let round = 0; round < 300; round++) {
    await origin.reset(answering(ok()));
    const at = random(REQUEST.length);
    const changed = REQUEST.slice(0, at) + String.fromCharCode(random(256)) + REQUEST.slice(at + 1);
    await using client = await RawClient.to(proxy.port);
    client.send(changed).endHalf();
    await client.closed();
    assert.match(client.text, /^(?:HTTP\/1\.1 [245]\d\d |$)/, JSON.stringify(changed));
    assert.doesNotMatch(origin.text, /^(?!$|[!-~]+ [!-~]+ HTTP\/1\.1\r\n)/);
  }
  await assertNothingHeld();
});

/** Numbers below a bound, the same in each run (a linear congruence is random enough for noise). */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

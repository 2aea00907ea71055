// How many clients may be connected to one worker.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const LIMIT = 2;
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const { origin, proxy } = await nearSide({ config: { limits: { connections: LIMIT } } });

test("a client beyond the limit is told so at once, and one that leaves makes room", async () => {
  await origin.reset(answering(() => ok("here")));
  await using first = await RawClient.to(proxy.port);
  await using second = await RawClient.to(proxy.port);
  for (const client of [first, second]) await client.send(GET).response();
  for (let i = 0; i < 3; i++) {
    await using late = await RawClient.to(proxy.port);
    const refusal = await late.send(GET).response();
    assert.equal(refusal.status, 503);
    assert.match(refusal.body, /"code":"overloaded"/);
    assert.deepEqual(values(refusal, "retry-after"), ["1"]);
    await late.closed();
  }
  first.socket.destroy();
  await using third = await servedClient();
  for (const client of [second, third]) {
    assert.equal((await client.send(GET).response()).body, "here");
  }
});

test("of many clients beyond the limit some are told so, and the rest are closed", async () => {
  await origin.reset(answering(() => ok("here")));
  await using _first = await servedClient();
  await using second = await servedClient();
  const late = await Promise.all(Array.from({ length: 100 }, () => RawClient.to(proxy.port)));
  for (const client of late) {
    await client.until(() => client.hasEnded || client.isClosed, "its end");
    assert.match(client.text, /^$|^HTTP\/1\.1 503 /);
  }
  assert.ok(late.filter(({ text }) => text !== "").length >= LIMITS.turnedAwayConnections);
  for (const client of late) client.socket.destroy();
  assert.equal((await second.send(GET).response()).body, "here");
});

/** The proxy sees the end of a connection some time after the client. */
async function servedClient(): Promise<RawClient> {
  for (;;) {
    const client = await RawClient.to(proxy.port);
    const answer = await client.send(GET).response();
    if (answer.status === 200) return client;
    await client[Symbol.asyncDispose]();
  }
}

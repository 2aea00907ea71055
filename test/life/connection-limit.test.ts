// How many clients may be connected to one worker.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const LIMIT = 2;
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const { origin, proxy } = await nearSide({ config: { limits: { connections: LIMIT } } });

test("a client beyond the limit is closed at once, and one that leaves makes room", async () => {
  await origin.reset(answering(() => ok("here")));
  await using first = await RawClient.to(proxy.port);
  await using second = await RawClient.to(proxy.port);
  for (const client of [first, second]) await client.send(GET).response();
  for (let i = 0; i < 3; i++) {
    await using late = await RawClient.to(proxy.port);
    await late.closed();
    assert.equal(late.received, 0);
  }
  first.socket.destroy();
  assert.equal((await untilServed()).body, "here");
  assert.equal((await second.send(GET).response()).body, "here");
});

/** The proxy sees the end of a connection some time after the client. */
async function untilServed(): Promise<{ readonly body: string }> {
  for (;;) {
    await using client = await RawClient.to(proxy.port);
    try {
      return await client.send(GET).response();
    } catch {
      // closed: there is no room yet
    }
  }
}

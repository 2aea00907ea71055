// Heads of requests that are larger than any may be: their streams' affair, and not the session's,
// on which a proxy in front has many clients.

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, headers, largeHeaders, RawHttp2 } from "../../support/http2-client.ts";
import { EchoStand } from "./echo-stand.ts";
import { settled } from "./slow-stand.ts";

const CALM = 11;

test("one that is too large is answered 431, and others of its session go on", async () => {
  await using stand = await EchoStand.start();
  using client = await RawHttp2.connect(stand.port);
  client.send(headers(1, get("/hold")));
  client.send(largeHeaders(3, get("/", ["x-a", "a".repeat(100_000)])), headers(5, get()));
  assert.equal((await client.ended(3)).statuses[0], "431");
  assert.equal((await client.ended(5)).statuses[0], "200");
  await settled(client);
  stand.answerAll();
  assert.equal((await client.ended(1)).statuses[0], "200");
  assert.deepEqual(client.goaways, []);
});

test("one that is larger still is not read to its end", async () => {
  await using stand = await EchoStand.start();
  using client = await RawHttp2.connect(stand.port);
  client.send(largeHeaders(1, get("/", ["x-a", "a".repeat(200_000)])));
  assert.equal(await client.closed(), CALM);
});

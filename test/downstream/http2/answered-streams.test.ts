// An upload that is answered before its end: its client has half a second to stop by itself. Until
// then it counts as any stream does, and opens no window. The clock is the test's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTP2_LIMITS } from "../../../src/http2/limits.ts";
import {
  data,
  frame,
  get,
  headers,
  RawHttp2,
  reset,
  windowUpdate,
} from "../../support/http2-client.ts";
import { nextPass, SlowStand, settled } from "./slow-stand.ts";

const early = (id: number): Buffer =>
  headers(id, [[":method", "POST"], ...get("/early").slice(1), ["content-length", "9"]], false);

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const REFUSED = 7;
const CANCEL = 8;
/** As `resetCode` has it. */
const NONE = -1;

const codesOf = (client: RawHttp2, ...ids: number[]): number[] =>
  ids.map((id) => client.stream(id).resetCode);

test("an upload that is answered or refused has a moment to stop by itself before it is reset", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(early(1), early(3), headers(5, get("/no target"), false));
  await client.until(() => [1, 3, 5].every((id) => client.stream(id).isEnded));
  assert.deepEqual(client.stream(5).statuses, ["400"]);
  stand.pass(400);
  client.send(reset(1, CANCEL));
  await settled(client);
  assert.deepEqual(codesOf(client, 1, 3, 5), [NONE, NONE, NONE]);
  stand.pass(300);
  await settled(client);
  assert.deepEqual(codesOf(client, 1, 3, 5), [NONE, NO_ERROR, NO_ERROR]);
});

test("each has a moment of its own, whichever were answered before", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  for (const id of [1, 3, 5]) {
    client.send(early(id));
    await client.ended(id);
    stand.pass(250);
  }
  await settled(client);
  assert.deepEqual(codesOf(client, 1, 3, 5), [NO_ERROR, NONE, NONE]);
  stand.pass(250);
  await settled(client);
  assert.deepEqual(codesOf(client, 1, 3, 5), [NO_ERROR, NO_ERROR, NONE]);
  stand.pass(250);
  await settled(client);
  assert.deepEqual(codesOf(client, 1, 3, 5), [NO_ERROR, NO_ERROR, NO_ERROR]);
});

test("those that are answered and go on count among the streams at once", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  const ids = Array.from({ length: HTTP2_LIMITS.streams }, (_, i) => 2 * i + 1);
  const [next, last] = [2 * ids.length + 1, 2 * ids.length + 3];
  client.send(...ids.map(early));
  await client.until(() => ids.every((id) => client.stream(id).isEnded));
  client.send(early(next));
  assert.equal((await client.ended(next)).resetCode, REFUSED);
  stand.pass(700);
  client.send(early(last));
  assert.equal((await client.ended(last)).resetCode, NONE);
  assert.deepEqual(new Set(codesOf(client, ...ids)), new Set([NO_ERROR]));
});

/** A byte, with as much padding as there can be. */
const padded = (id: number): Buffer =>
  frame(0, 8, id, Buffer.concat([Buffer.from([255]), Buffer.alloc(256)]));

test("what still comes opens no window of its stream, nor does its padding", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(early(1), early(3));
  await client.until(() => [1, 3].every((id) => client.stream(id).isEnded));
  await settled(client);
  const { windowBytes } = client;
  client.send(...Array.from({ length: 4 }, () => data(1, Buffer.alloc(16_000))));
  client.send(...Array.from({ length: 200 }, () => padded(3)));
  await settled(client);
  assert.equal(client.windowBytes, windowBytes);
});

test("a connection that is to end does so with them, and tells no error", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(early(1));
  await client.ended(1);
  for (const connection of stand.connections) connection.drain(false);
  await client.until(() => client.goaways.length > 0);
  stand.pass(700);
  assert.equal(await client.closed(), NO_ERROR);
  assert.deepEqual(codesOf(client, 1), [NO_ERROR]);
});

test("a whole answer stays one when its connection is broken off", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(early(1), headers(3, get("/hold")));
  await client.ended(1);
  for (const connection of [...stand.connections]) connection.abort();
  await client.closed();
  assert.deepEqual(codesOf(client, 1, 3), [NO_ERROR, INTERNAL_ERROR]);
});

test("a connection that is gone waits for none of them", async () => {
  await using stand = await SlowStand.begin();
  const client = await RawHttp2.connect(stand.port);
  client.send(early(1));
  await client.ended(1);
  client.socket.destroy();
  while (stand.connections.size > 0) await nextPass();
  assert.equal(stand.deadlines, 0);
});

test("a client that stops uploads once they are answered is served, however many they are", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(windowUpdate(0, 1_000_000));
  for (let first = 1; first < 1_500; first += 180) {
    const ids = Array.from({ length: 90 }, (_, i) => first + 2 * i);
    client.send(...ids.map(early));
    await client.until(() => ids.every((id) => client.stream(id).isEnded));
    client.send(...ids.map((id) => reset(id, CANCEL)));
    await settled(client);
  }
  assert.deepEqual(client.goaways, []);
});

// Nothing that a client of HTTP/2 can leave undone holds a connection for ever; and what honest
// clients do slowly costs them nothing. The clock is the test's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PREFACE } from "../../../src/http2/protocol.ts";
import {
  block,
  data,
  frame,
  get,
  headers,
  post,
  RawHttp2,
  reset,
  SETTINGS_ACK,
  settings,
} from "../../support/http2-client.ts";
import { nextPass, SlowStand, settled } from "./slow-stand.ts";

const PREFACE_BYTES = Buffer.from(PREFACE);
const TIMEOUT = 4;

const BEGINNINGS: Readonly<Record<string, Buffer>> = {
  "says nothing": Buffer.alloc(0),
  "sends half a preface": PREFACE_BYTES.subarray(0, 10),
  "sends no settings": PREFACE_BYTES,
  "does not acknowledge ours": Buffer.concat([PREFACE_BYTES, settings()]),
};

for (const [what, beginning] of Object.entries(BEGINNINGS)) {
  test(`a client that ${what} is let go in time`, async () => {
    await using stand = await SlowStand.begin();
    using client = await RawHttp2.connect(stand.port, beginning);
    await client.until(() => client.windowBytes > 0);
    stand.pass(900);
    await nextPass();
    assert.deepEqual(client.goaways, []);
    stand.pass(300);
    assert.equal(await client.closed(), TIMEOUT);
    while (stand.connections.size > 0) await nextPass();
  });
}

test("a header block that does not end is let go in time, and one that does is served", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  const whole = block(get());
  client.send(frame(1, 1, 1, whole.subarray(0, 9)));
  await nextPass();
  stand.pass(500);
  client.send(frame(9, 4, 1, whole.subarray(9)));
  assert.equal((await client.ended(1)).statuses[0], "200");
  client.send(frame(6, 0, 0, Buffer.alloc(8)), frame(1, 1, 3, whole));
  await client.until(() => client.pongs > 0);
  stand.pass(1_300);
  assert.equal(await client.closed(), TIMEOUT);
});

test("a session that rests ends in an orderly way, and pings do not keep it", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(headers(1, get()));
  await client.ended(1);
  stand.pass(4_000);
  await settled(client);
  stand.pass(1_300);
  assert.equal(await client.closed(), 0);
  assert.deepEqual(client.goaways, [[1, 0]]);
});

test("a silent client whose request is under way is asked whether it is there", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(headers(1, get("/hold")));
  await settled(client);
  stand.pass(5_300);
  await client.until(() => client.pings.length > 0);
  client.send(frame(6, 1, 0, client.pings[0]));
  await settled(client);
  stand.pass(5_300);
  await client.until(() => client.pings.length > 1);
  assert.equal(stand.connections.size, 1);
  stand.pass(15_300);
  await client.closed();
  assert.deepEqual(stand.errors, ["client_aborted"]);
});

test("a stream whose window stays shut is reset, and its session goes on", async () => {
  await using stand = await SlowStand.begin();
  stand.bodyBytes = 100_000;
  using client = await RawHttp2.connect(stand.port);
  client.send(headers(1, get()));
  await client.until(() => client.stream(1).body.length === 65_535);
  stand.pass(4_600); // in the first half it has taken something
  assert.equal((await client.ended(1)).resetCode, 8);
  await settled(client);
});

test("nor does a refusal wait for ever on a window that stays shut", async () => {
  await using stand = await SlowStand.begin();
  const shut = Buffer.concat([PREFACE_BYTES, settings([[4, 0]]), SETTINGS_ACK]);
  using client = await RawHttp2.connect(stand.port, shut);
  const ftp = get().map(([name, value]) => [name, name === ":scheme" ? "ftp" : value] as const);
  client.send(headers(1, ftp));
  await client.until(() => client.stream(1).statuses[0] === "400");
  stand.pass(2_600);
  assert.equal((await client.ended(1)).resetCode, 8);
  await settled(client);
});

test("streams that are given up slowly cost nothing, however many they are", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  let id = 1;
  for (let round = 0; round < 8; round++) {
    const ids = Array.from({ length: 90 }, () => {
      id += 2;
      return id;
    });
    client.send(...ids.map((one) => headers(one, get("/hold"))));
    await settled(client);
    stand.pass(1_100);
    client.send(...ids.map((one) => reset(one, 8)));
    await settled(client);
  }
  assert.deepEqual(client.goaways, []);
});

test("a client that gives up every other request at once is served, since the others are honest", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  for (let id = 1; id < 1_600; id += 4) {
    client.send(headers(id, get("/hold")), reset(id, 8), headers(id + 2, get()));
    if (id % 40 === 1) await client.ended(id + 2);
  }
  await settled(client);
  assert.deepEqual(client.goaways, []);
});

test("an upload that nobody reads stops at its stream's window, and others go on", async () => {
  await using stand = await SlowStand.begin();
  using client = await RawHttp2.connect(stand.port);
  client.send(headers(1, post(["expect", "100-continue"], ["content-length", "200000"]), false));
  for (let sent = 0; sent < 64_000; sent += 16_000) client.send(data(1, Buffer.alloc(16_000)));
  client.send(SETTINGS_ACK, headers(3, get()));
  assert.equal((await client.ended(3)).statuses[0], "200");
  client.send(data(1, Buffer.alloc(16_000)), data(1, Buffer.alloc(16_000)));
  await settled(client);
});

// What one client of HTTP/2 can make a proxy do for nothing, beside a victim that asks all along:
// each flood ends the attacker's session, and nobody else notices.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { httpOrigin } from "../life/http-origin.ts";
import { Http2Client } from "../life/http2-client.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import {
  BEGINNING,
  block,
  data,
  frame,
  get,
  headers,
  post,
  RawHttp2,
  reset,
  settings,
  windowUpdate,
} from "../support/http2-client.ts";

const CALM = 11;
const CANCEL = 8;
const origin = await httpOrigin((request, response) => {
  if (request.url === "/hold") return;
  response.end(request.url === "/long" ? Buffer.alloc(100_000) : "answered");
});
const proxy = await TestProxy.start({
  config: {
    ...oneTenant({ origin: [origin.address] }),
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    log: { access: "off" },
  },
});
for (const one of [origin, proxy]) after(() => one[Symbol.asyncDispose]());

const TIMES = 3_000;
const many = (make: (stream: number) => readonly Buffer[], times = TIMES): Buffer =>
  Buffer.concat(Array.from({ length: times }, (_, index) => make(2 * index + 1)).flat());

const NULS = (length: number): Buffer => Buffer.alloc(length);

/** Each is sent at once; the session must end with ENHANCE_YOUR_CALM. */
const FLOODS: Readonly<Record<string, Buffer>> = {
  "streams that are reset at once": many((id) => [headers(id, get("/hold")), reset(id, 8)]),
  "streams that we are made to reset, by a window of 0": many((id) => [
    headers(id, post(), false),
    windowUpdate(id, 0),
  ]),
  "streams that we are made to reset, by data behind their end": many((id) => [
    headers(id, get("/hold")),
    data(id, "x"),
  ]),
  "malformed requests": many((id) => [headers(id, get("/", ["connection", "close"]))]),
  "more streams than may be open": many((id) => [headers(id, get("/hold"))]),
  settings: many(() => [settings([[4, 70_000]])]),
  "windows that change under open streams": Buffer.concat([
    many((id) => [headers(id, get("/hold"))], 50),
    many((id) => [settings([[4, id]])]),
  ]),
  pings: many(() => [frame(6, 0, 0, NULS(8))]),
  "answers to pings that nobody sent": many(() => [frame(6, 1, 0, NULS(8))]),
  "windows of the connection, opened by a byte each": many(() => [windowUpdate(0, 1)]),
  "windows of a stream, opened by a byte each": Buffer.concat([
    settings([[4, 0]]),
    headers(1, get("/long")),
    many(() => [windowUpdate(1, 1)]),
  ]),
  priorities: many((id) => [frame(2, 0, id, NULS(5))]),
  "frames that nobody knows": many(() => [frame(99, 0, 0, NULS(1))]),
  "empty data": Buffer.concat([headers(1, post(), false), many(() => [data(1, "")])]),
  "padding alone": Buffer.concat([
    headers(1, post(), false),
    many(() => [frame(0, 8, 1, Buffer.from([2, 0, 0]))]),
  ]),
  "a header block that never ends": Buffer.concat([
    frame(1, 1, 1, block(get())),
    many(() => [frame(9, 0, 1, block([["x-a", "a".repeat(100)]]))]),
  ]),
  "a header block of empty pieces": Buffer.concat([
    frame(1, 1, 1, block(get())),
    many(() => [frame(9, 0, 1)]),
  ]),
};

/** The victim asks, one request after the other, until the attack is over; the worst time. */
async function besides(attack: () => Promise<void>): Promise<void> {
  await using victim = await Http2Client.to(proxy.url);
  let isOver = false;
  const attacked = attack().finally(() => {
    isOver = true;
  });
  do {
    const { status, body } = await victim.get("/");
    assert.deepEqual([status, body], [200, "answered"]);
  } while (!isOver);
  await attacked;
  assert.equal((await victim.get("/")).status, 200);
  assert.deepEqual(victim.goaways, []);
}

for (const [what, flood] of Object.entries(FLOODS)) {
  test(`a flood of ${what} ends its session, and nobody else notices`, async () => {
    await besides(async () => {
      using attacker = await RawHttp2.connect(proxy.port);
      attacker.send(flood);
      assert.equal(await attacker.closed(), CALM);
    });
  });
}

test("a few bytes that stand for a hundred megabytes of fields are counted, not made", async () => {
  await besides(async () => {
    using attacker = await RawHttp2.connect(proxy.port);
    const large = Buffer.concat([
      Buffer.from("400378", "hex").subarray(0, 1),
      block([["x-a", "a".repeat(3_900)]]).subarray(1),
    ]);
    const bomb = Buffer.concat([block(get()), large, Buffer.alloc(12_000, 0xbe)]);
    for (const id of [1, 3, 5]) attacker.send(frame(1, 5, id, bomb));
    assert.equal((await attacker.ended(5)).statuses[0], "431");
    attacker.send(headers(7, get()));
    assert.equal((await attacker.ended(7)).statuses[0], "200");
  });
});

test("resets that cross the answer on its way, a hundred at a time, harm nobody", async () => {
  await besides(async () => {
    for (let round = 0; round < 5; round++) {
      await using client = await Http2Client.to(proxy.url);
      const resets = Array.from({ length: 80 }, async () => {
        const stream = client.open({ ":path": "/long" }).resume();
        stream.once("response", () => stream.close(CANCEL));
        stream.end();
        if (!stream.closed) await new Promise((resolve) => stream.once("close", resolve));
      });
      await Promise.all(resets);
      assert.deepEqual(client.goaways, []);
    }
  });
});

const LEFT_AT_ONCE = 40;
const LEAVERS = 3;
const BATCHES = 12;

/** Every second stream of the connection is left by its client; the others are served. */
async function leaveMany(client: RawHttp2): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch++) {
    const left = Array.from(
      { length: LEFT_AT_ONCE },
      (_, at) => 1 + 4 * (batch * LEFT_AT_ONCE + at),
    );
    const isLate = (id: number): boolean => id % 8 === 1;
    client.send(
      ...left.flatMap((id) => [
        headers(id, get("/long")),
        ...(isLate(id) ? [] : [reset(id, CANCEL)]),
        headers(id + 2, get("/")),
      ]),
    );
    const late = left.filter(isLate);
    // the window lets little of a body through, so the answer is under way when it is left
    await client.until(() => late.every((id) => client.stream(id).statuses.length > 0));
    client.send(...late.map((id) => reset(id, CANCEL)));
    for (const id of left) assert.equal((await client.ended(id + 2)).body, "answered");
    client.streams.clear();
  }
}

test(`clients that leave ${LEAVERS * BATCHES * LEFT_AT_ONCE} answers under way harm nobody`, async () => {
  await besides(async () => {
    const opens = [BEGINNING, settings([[4, 8]]), windowUpdate(0, 1_000_000)];
    for (let at = 0; at < LEAVERS; at++) {
      using client = await RawHttp2.connect(proxy.port, Buffer.concat(opens));
      await leaveMany(client);
      assert.deepEqual(client.goaways, []);
    }
  });
});

test("a client that reads nothing is not read, however much it asks", async () => {
  await besides(async () => {
    using attacker = await RawHttp2.connect(proxy.port);
    attacker.socket.pause();
    attacker.send(windowUpdate(0, 1_000_000_000));
    const asked = many((id) => [headers(id, get("/long")), windowUpdate(id, 1_000_000)], 90);
    let isTaken = true;
    for (let at = 0; isTaken && at < 100; at++) isTaken = attacker.socket.write(asked);
    await new Promise((resolve) => setImmediate(resolve));
    attacker.socket.destroy();
  });
});

test("the proxy is the one that it was", () => {
  assert.equal(proxy.process.exitCode, null);
  assert.deepEqual(proxy.pids(), [proxy.process.pid]);
});

// How peers of HTTP/2 leave, and break off, behind a real proxy with phases: what goes out again,
// and what clients of either version see of the rest.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  BEGINNING,
  data,
  frame,
  headers,
  post,
  RawHttp2,
  reset,
  settings,
  uint32,
  windowUpdate,
} from "../support/http2-client.ts";
import { FrameOrigin } from "../upstream/http2-origin.ts";
import { answerOf, Http2Client } from "./http2-client.ts";
import { laneOf } from "./lane.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  responseFilter({ response }) { response.headers.set("x-version", "filtered"); },
  requestBodyFilter: ({ chunk }) => chunk,
});`;

/** What the peer does with each connection: as the test that runs says. */
let script = async (_peer: RawHttp2): Promise<void> => {};
const frames = await FrameOrigin.listen((peer) => script(peer));
const group = { protocol: "http2", peers: [frames.address], retryBudget: { min: 3 } };
const tenant = { hosts: ["*"], script: "main.ts", defaultUpstream: "frames" };
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    tenants: {
      a: { ...laneOf({ script: "main.ts" }), ...tenant, upstreams: { frames: group } },
    },
  },
});
for (const one of [proxy, frames]) after(() => one[Symbol.asyncDispose]());

const http2 = (): Promise<Http2Client> => Http2Client.to(`http://127.0.0.1:${proxy.port}`);
const OK = [[":status", "200"]] as const;
const goaway = (last: number): Buffer => frame(7, 0, 0, Buffer.concat([uint32(last), uint32(0)]));

/** The next request comes on a new connection. */
function leaveAll(): void {
  for (const peer of frames.accepted) peer.socket.destroy();
}

/** Each request of a connection is answered, with its number. */
async function answerAll(peer: RawHttp2): Promise<void> {
  for (let id = 1; ; id += 2) {
    await peer.ended(id);
    peer.send(headers(id, OK, false), data(id, `stream ${id}`, true));
  }
}

test("what a peer's GOAWAY leaves behind goes out again, 40 at once, whatever the method", async () => {
  let connections = 0;
  script = async (peer) => {
    if (connections++ > 0) return answerAll(peer);
    for (let id = 1; id < 80; id += 2) await peer.ended(id);
    peer.send(goaway(0));
  };
  await using client = await http2();
  const ask = (index: number) =>
    client.ask({ ":method": "POST", ":path": `/goaway/${index}` }, "body");
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
  for (const { status, body } of answers) assert.match(`${status} ${body}`, /^200 stream \d+$/);
  const line = await proxy.waitFor(({ target }) => target === "/goaway/39");
  assert.deepEqual([line.status, line.attempts], [200, 1]);
});

test("what a peer's GOAWAY leaves behind is a 502 that says why, if it was too large to be kept", async () => {
  leaveAll();
  let connections = 0;
  script = async (peer) => {
    if (connections++ > 0) return answerAll(peer);
    peer.send(windowUpdate(0, 1_000_000));
    await peer.until(() => peer.streams.has(1));
    peer.send(windowUpdate(1, 1_000_000));
    await peer.ended(1);
    peer.send(goaway(0));
  };
  await using client = await http2();
  const upload = (path: string, bytes: number) => {
    const fields = { ":method": "POST", ":path": path };
    return client.ask(fields, Buffer.alloc(bytes, "x"));
  };
  const large = await upload("/large", 300_000);
  assert.equal(large.status, 502);
  const line = await proxy.waitFor(({ target }) => target === "/large");
  assert.deepEqual([line.error, line.attempts], ["upstream_leaving", 1]);
  assert.match(large.body, /upstream_leaving/);
  const small = await upload("/small", 1_000);
  assert.deepEqual([small.status, small.body], [200, "stream 1"]);
});

const GRPC = ["content-type", "application/grpc"] as const;

test("a reset behind the trailers overtakes neither them nor the body, however slowly that is read", async () => {
  const [part, parts, window] = ["x".repeat(8_000), 8, 1_000];
  leaveAll();
  script = async (peer) => {
    await peer.until(() => peer.streams.has(1));
    const body = Array.from({ length: parts }, () => data(1, part));
    const trailers = headers(1, [["grpc-status", "0"]], true);
    peer.send(headers(1, [...OK, GRPC], false), ...body, trailers, reset(1, 0));
  };
  const opens = Buffer.concat([BEGINNING, settings([[4, window]]), windowUpdate(0, 1_000_000)]);
  using client = await RawHttp2.connect(proxy.port, opens);
  // it never ends its own half
  client.send(headers(1, post(["te", "trailers"], GRPC), false));
  const came = client.stream(1);
  for (let bytes = window; bytes < parts * part.length; bytes += window) {
    await client.until(() => came.body.length === bytes);
    assert.deepEqual([came.isEnded, came.resetCode], [false, -1]);
    client.send(windowUpdate(1, window));
  }
  await client.until(() => came.resetCode !== -1);
  assert.deepEqual([came.isEnded, came.resetCode], [true, 0]);
  assert.equal(came.body.length, parts * part.length);
  assert.deepEqual(came.fields.at(-1), ["grpc-status", "0"]);
});

test("what a peer still sends to a client that has given up ends nobody else's request", async () => {
  const asked = Promise.withResolvers<void>();
  leaveAll();
  script = async (peer) => {
    await peer.ended(1);
    asked.resolve();
    await peer.ended(3);
    peer.send(headers(1, OK, false), data(1, "part"));
    await peer.until(() => peer.stream(1).resetCode !== -1);
    // what was on its way when the reset came: small messages, as gRPC's streams have them
    peer.send(...Array.from({ length: 2_500 }, () => data(1, "x".repeat(100))));
    peer.send(headers(3, OK, false), data(3, "fine", true));
  };
  await using leaver = await http2();
  await using other = await http2();
  const left = leaver.open({ ":path": "/left" });
  left.once("data", () => left.close(8));
  left.end();
  await asked.promise;
  const { status, body } = await other.get("/other");
  assert.deepEqual([status, body], [200, "fine"]);
});

test("a peer that leaves again and again takes no request along for ever", async () => {
  script = async (peer) => {
    await peer.ended(1);
    peer.send(goaway(0));
  };
  leaveAll();
  await using client = await http2();
  const before = frames.accepted.length;
  const answer = await client.get("/leaves");
  assert.equal(answer.status, 502);
  assert.equal(
    (await proxy.waitFor(({ target }) => target === "/leaves")).error,
    "upstream_leaving",
  );
  assert.ok(frames.accepted.length - before <= 5);
});

test("a request that a peer refuses goes there again, as a retry", async () => {
  script = async (peer) => {
    await peer.ended(1);
    peer.send(reset(1, 7));
    await peer.ended(3);
    peer.send(headers(3, OK, true));
  };
  await using client = await http2();
  const answer = await client.get("/refused");
  assert.equal(answer.status, 200);
  assert.equal((await proxy.waitFor(({ target }) => target === "/refused")).attempts, 2);
});

for (const [what, end] of [
  ["resets its stream with NO_ERROR", (peer: RawHttp2, id: number) => peer.send(reset(id, 0))],
  ["closes its connection", (peer: RawHttp2) => peer.socket.end()],
] as const) {
  test(`a peer that ${what} within a body is no clean end for any client`, async () => {
    let hasPart = (): void => {};
    script = async (peer) => {
      for (let id = 1; ; id += 2) {
        await peer.ended(id);
        peer.send(headers(id, OK, false), data(id, "part"));
        await new Promise<void>((resolve) => {
          hasPart = resolve;
        });
        end(peer, id);
      }
    };
    leaveAll();
    await using client = await http2();
    const stream = client.open({ ":path": "/cut" });
    stream.once("data", () => hasPart());
    stream.end();
    const answer = await answerOf(stream);
    assert.deepEqual([answer.status, answer.body, answer.code], [200, "part", 2]);
    await using old = await RawClient.to(proxy.port);
    old.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
    await old.until(() => old.text.includes("part"), "a part of the body");
    hasPart();
    await old.closed();
    assert.doesNotMatch(old.text, /\r\n0\r\n\r\n$/);
  });
}

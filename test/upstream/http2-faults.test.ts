// Peers of HTTP/2 that do not do as they should: what one exchange suffers, and what all of a
// connection. Each frame of theirs is decided here.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  data,
  type Fields,
  frame,
  headers,
  largeHeaders,
  type RawHttp2,
  reset,
  settings,
  uint32,
  windowUpdate,
} from "../support/http2-client.ts";
import { BREAKS } from "./http2-breaks.ts";
import { FrameOrigin, OracleOrigin } from "./http2-origin.ts";
import { Origin } from "./origin.ts";
import { CERTIFICATE, Stand, type Started } from "./stand.ts";

const HTTP2 = { protocol: "http2" } as const;
const OK: Fields = [[":status", "200"]];
const _SIZED: Fields = [...OK, ["content-length", "5"]];

const goaway = (last: number, code = 0): Buffer =>
  frame(7, 0, 0, Buffer.concat([uint32(last), uint32(code)]));

/** What comes of the first request of a connection. */
async function outcomeOf(answer: (peer: RawHttp2) => unknown): Promise<Started> {
  await using origin = await FrameOrigin.listen(async (peer) => {
    await peer.ended(1);
    answer(peer);
  });
  using stand = new Stand({ kind: "sluice" });
  return await stand.exchange(stand.peer(origin, HTTP2));
}

for (const [what, answer, code] of BREAKS) {
  test(`${what} is ${code}`, async () => {
    const { recorder } = await outcomeOf((peer) => peer.send(...answer));
    assert.equal(recorder.code, code, `${recorder.error?.message}`);
  });
}

test("a peer that closes is closed unanswered, or broke off its answer: never its end", async () => {
  const unanswered = await outcomeOf((peer) => peer.socket.end());
  assert.equal(unanswered.recorder.code, "upstream_closed");
  for (const isReset of [false, true]) {
    const cut = await outcomeOf((peer) => {
      peer.send(headers(1, OK, false), data(1, "abc"));
      setImmediate(() => (isReset ? peer.socket.resetAndDestroy() : peer.socket.end()));
    });
    assert.equal(cut.recorder.code, "upstream_aborted");
  }
});

const WRONGS: Readonly<Record<string, Buffer>> = {
  "has no status": headers(1, [["a", "b"]]),
  "is larger than any may be": largeHeaders(1, [...OK, ["a", "b".repeat(100_000)]]),
  "is larger than any that a client may send": largeHeaders(1, [...OK, ["a", "b".repeat(900_000)]]),
};

for (const [what, wrong] of Object.entries(WRONGS)) {
  test(`an answer that ${what} does not touch the others of its connection`, async () => {
    await using origin = await FrameOrigin.listen(async (peer) => {
      await peer.ended(1);
      await peer.ended(3);
      peer.send(wrong, headers(3, OK, false), data(3, "fine", true));
    });
    using stand = new Stand({ kind: "sluice" });
    const peer = stand.peer(origin, HTTP2);
    const [one, two] = await Promise.all([stand.exchange(peer), stand.exchange(peer)]);
    assert.equal(one.recorder.code, "upstream_protocol");
    assert.deepEqual([two.recorder.error, two.recorder.body.toString()], [null, "fine"]);
    const raw = origin.accepted[0] ?? assert.fail();
    await raw.until(() => raw.stream(1).resetCode === 1);
  });
}

test("a head of more fields than anybody has ends its connection: each of them costs", async () => {
  const many = Array<[string, string]>(17_000).fill(["a", "b"]);
  await using origin = await FrameOrigin.listen(async (peer) => {
    await peer.ended(1);
    await peer.ended(3);
    peer.send(largeHeaders(1, [...OK, ...many]), headers(3, OK, false), data(3, "fine", true));
  });
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  const both = await Promise.all([stand.exchange(peer), stand.exchange(peer)]);
  const codes = both.map(({ recorder }) => recorder.code);
  assert.deepEqual(codes, ["upstream_protocol", "upstream_protocol"]);
});

test("above the last stream of a GOAWAY nothing was looked at; below it answers come", async () => {
  await using origin = await FrameOrigin.listen(async (peer) => {
    await peer.ended(1);
    await peer.ended(3);
    peer.send(goaway(1), headers(1, OK, false), data(1, "ok", true));
  });
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  const [one, two] = await Promise.all([stand.exchange(peer), stand.exchange(peer)]);
  assert.equal(one.recorder.body.toString(), "ok");
  assert.equal(two.recorder.code, "upstream_leaving");
  const next = await stand.start(peer);
  assert.equal(next.connection.served, 0, "the connection that ended was used again");
  assert.equal(origin.accepted.length, 2);
});

test("what is answered above the last stream of a GOAWAY all the same is thrown away", async () => {
  await using origin = await FrameOrigin.listen(async (peer) => {
    await peer.ended(1);
    await peer.ended(3);
    const late = [headers(3, OK, false), data(3, "late", true), windowUpdate(3, 9), reset(3, 8)];
    peer.send(goaway(1), ...late, headers(1, OK, false), data(1, "ok", true));
  });
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  const [one, two] = await Promise.all([stand.exchange(peer), stand.exchange(peer)]);
  assert.deepEqual([one.recorder.error, one.recorder.body.toString()], [null, "ok"]);
  assert.equal(two.recorder.code, "upstream_leaving");
});

test("a connection at rest whose peer says GOAWAY is used no more", async () => {
  await using origin = await FrameOrigin.listen(async (peer) => {
    await peer.ended(1);
    peer.send(headers(1, OK, true), goaway(1));
  });
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  await stand.exchange(peer);
  await origin.accepted[0]?.closed();
  await stand.exchange(peer);
  assert.equal(origin.accepted.length, 2);
});

test("a peer that does not answer in time is asked whether it is there, and left if it is not", async () => {
  await using origin = await FrameOrigin.listen(() => {});
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, { ...HTTP2, responseTimeoutMs: 10_000 });
  const patient = stand.peer(origin, { ...HTTP2, responseTimeoutMs: 600_000 });
  const late = await stand.start(peer);
  const other = await stand.start(patient);
  stand.elapse(10_500);
  assert.equal(late.recorder.code, "upstream_timeout");
  const raw = origin.accepted[0] ?? assert.fail();
  await raw.until(() => raw.pings.length === 1 && raw.stream(1).resetCode === 8);
  const elsewhere = await stand.start(peer);
  await elsewhere.recorder.until(() => origin.accepted.length === 2).catch(() => {});
  assert.equal(elsewhere.connection.served, 0, "no request joins while it is asked");
  stand.elapse(15_500);
  assert.equal(other.recorder.code, "upstream_timeout");
  assert.match(other.recorder.error?.message ?? "", /does not answer any more/);
  await raw.closed();
});

test("a stall within a body, and one of an upload, are the peer's time", async () => {
  await using origin = await FrameOrigin.listen(
    async (peer) => {
      await peer.ended(1);
      peer.send(headers(1, OK, false), data(1, "a"));
    },
    settings([[4, 0]]),
  );
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, { ...HTTP2, responseTimeoutMs: 10_000 });
  const { recorder } = await stand.start(peer);
  await recorder.until(({ chunks }) => chunks.length > 0);
  stand.elapse(10_500);
  assert.equal(recorder.code, "upstream_timeout");
  const upload = await stand.start(peer, { method: "PUT", contentLength: 9, hasBody: true });
  stand.elapse(60_000);
  assert.equal(upload.recorder.error, null, "a slow upload is not the peer's time");
  assert.equal(upload.connection.write(Buffer.from("a")), false);
  stand.elapse(10_500);
  assert.equal(upload.recorder.code, "upstream_timeout");
});

test("a peer of HTTP/1.1, one that says nothing and one that closes are no peers of HTTP/2", async () => {
  using stand = new Stand({ kind: "sluice" });
  await using old = await Origin.listen(async (connection) => {
    await connection.expect("\r\n\r\n");
    connection.fin("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  await assert.rejects(stand.borrow(stand.peer(old, HTTP2)), {
    code: "connect_failed",
    message: `Cannot connect to ${old.address}: expected HTTP/2, got HTTP/1`,
  });
  await using closing = await Origin.listen((connection) => connection.fin());
  await assert.rejects(stand.borrow(stand.peer(closing, HTTP2)), { code: "connect_failed" });
  await using silent = await Origin.listen(() => {});
  const borrowing = stand.borrow(stand.peer(silent, { ...HTTP2, connectTimeoutMs: 1_000 }));
  await (await silent.connection(0)).expect("SM\r\n\r\n");
  stand.elapse(1_500);
  await assert.rejects(borrowing, { code: "connect_timeout" });
  await using shut = await FrameOrigin.listen(() => {}, settings([[3, 0]]));
  await assert.rejects(stand.borrow(stand.peer(shut, HTTP2)), /takes no request/);
  assert.equal(stand.transport.counts.open, 0);
});

test("over TLS a peer that does not choose h2 is told so in one sentence", async () => {
  using stand = new Stand({ kind: "sluice", certificate: CERTIFICATE });
  await using origin = await stand.listen(() => {});
  await assert.rejects(stand.borrow(stand.peer(origin, HTTP2)), {
    code: "tls_failed",
    message: /TLS: the peer does not offer HTTP\/2 \(expected h2 by ALPN\)$/,
  });
});

test("a burst to a peer that is not there fails as one, and a cancelled borrow is not told", async () => {
  await using origin = await OracleOrigin.listen(() => {});
  const { address } = origin;
  await origin[Symbol.asyncDispose]();
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer({ address }, HTTP2);
  const cancelled = stand.transport.borrow(peer, {
    onLent: () => assert.fail("it was cancelled"),
    onConnectFailed: () => assert.fail("it was cancelled"),
  });
  const others = [stand.borrow(peer), stand.borrow(peer)];
  cancelled.cancel();
  for (const one of await Promise.allSettled(others)) {
    assert.equal(one.status === "rejected" && one.reason.code, "connect_refused");
  }
  assert.equal(stand.transport.counts.connectFailures, 1);
});

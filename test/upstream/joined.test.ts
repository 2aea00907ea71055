// Requests that wait for one connection to a peer of HTTP/2: how long each of them waits, for the
// connection and on it, is said by its own peer and not by that of the one who began to connect.

import assert from "node:assert/strict";
import { test } from "node:test";
import { headers, type RawHttp2, settings } from "../support/http2-client.ts";
import { FrameOrigin } from "./http2-origin.ts";
import { Recorder, request } from "./recorder.ts";
import { Stand, settle } from "./stand.ts";

const SILENCE = Buffer.alloc(0);
const OK = [[":status", "200"]] as const;
const nobody = {
  onLent: () => assert.fail("it was cancelled"),
  onConnectFailed: () => assert.fail("it was cancelled"),
};

test("who joins a connection has its own times on it, though who began it has left", async () => {
  const first = Promise.withResolvers<RawHttp2>();
  await using origin = await FrameOrigin.listen((peer) => first.resolve(peer), SILENCE);
  using stand = new Stand({ kind: "sluice" });
  const hurried = stand.peer(origin, { protocol: "http2", responseTimeoutMs: 250 });
  const patient = stand.peer(origin, { protocol: "http2", responseTimeoutMs: 8_000 });
  const cancelled = stand.transport.borrow(hurried, nobody);
  const joined = [stand.borrow(patient), stand.borrow(patient)];
  cancelled.cancel();
  const peer = await first.promise;
  peer.send(settings());
  const recorders = (await Promise.all(joined)).map((lent) => {
    const recorder = new Recorder();
    assert.equal(lent.send(request(), recorder), true);
    return recorder;
  });
  await peer.ended(3);
  stand.elapse(4_000);
  await settle();
  peer.send(headers(1, OK), headers(3, OK));
  for (const recorder of recorders) await recorder.over();
  const codes = recorders.map(({ code }) => code);
  assert.deepEqual(codes, ["none", "none"]);
  assert.equal(stand.transport.counts.connects, 1);
});

test("when the time of one to connect is up, others wait for as long as they may", async () => {
  const first = Promise.withResolvers<RawHttp2>();
  await using origin = await FrameOrigin.listen((peer) => {
    if (origin.accepted.length > 1) peer.send(settings());
    first.resolve(peer);
  }, SILENCE);
  using stand = new Stand({ kind: "sluice" });
  const hurried = stand.peer(origin, { protocol: "http2", connectTimeoutMs: 1_000 });
  const patient = stand.peer(origin, { protocol: "http2", connectTimeoutMs: 8_000 });
  const late = assert.rejects(stand.borrow(hurried), { code: "connect_timeout" });
  await first.promise;
  const lending = stand.borrow(patient);
  stand.elapse(2_000);
  await late;
  (await lending).release();
});

test("who joins with the same peer has the connection, though it may not rest", async () => {
  const first = Promise.withResolvers<RawHttp2>();
  await using origin = await FrameOrigin.listen((peer) => {
    if (origin.accepted.length > 1) peer.send(settings());
    first.resolve(peer);
  }, SILENCE);
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, { protocol: "http2", idleTimeoutMs: 0 });
  const cancelled = stand.transport.borrow(peer, nobody);
  const joined = [stand.borrow(peer), stand.borrow(peer)];
  cancelled.cancel();
  (await first.promise).send(settings());
  const lent = await Promise.all(joined);
  assert.equal(stand.transport.counts.connects, 1);
  for (const one of lent) one.release();
});

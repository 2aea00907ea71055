// What is told of connections, and what is left after all of them were ended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../src/base/clock.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { createTransport, type TransportObserver } from "../../src/upstream/transports.ts";
import { Origin } from "./origin.ts";
import { borrow, borrower, Recorder, request } from "./recorder.ts";
import { answering, OK, Stand, settle } from "./stand.ts";

/** An observer that writes down what it is told. */
function listening(): { told: string[]; observer: TransportObserver } {
  const told: string[] = [];
  const observer: TransportObserver = {
    connected: (peer, connectMs) => told.push(`${peer.transport} connected ${connectMs > 0}`),
    connectFailed: (peer, error) => told.push(`${peer.transport} ${error.code}`),
    reused: (peer) => told.push(`${peer.transport} reused`),
  };
  return { told, observer };
}

test("the observer hears of connects, reuses and failures of both transports", async () => {
  const { told, observer } = listening();
  using deadlines = new Deadlines();
  const transport = createTransport({ deadlines, observer });
  const origin = await Origin.listen(answering(OK, OK));
  for (const kind of ["sluice", "undici"] as const) {
    const peer = toPeer(origin.address, { transport: kind });
    assert.ok(peer !== null);
    for (let i = 0; i < 2; i++) {
      const recorder = new Recorder();
      (await borrow(transport, peer)).send(request(), recorder);
      await recorder.over();
    }
  }
  transport.closeIdle();
  const port = origin.address;
  await origin[Symbol.asyncDispose]();
  const gone = toPeer(port);
  assert.ok(gone !== null);
  await assert.rejects(borrow(transport, gone));
  assert.deepEqual(told, [
    ...["sluice connected true", "sluice reused", "undici connected true", "undici reused"],
    "sluice connect_refused",
  ]);
  assert.deepEqual(transport.counts, {
    connects: 2,
    connectFailures: 1,
    reuses: 2,
    open: 0,
    idle: 0,
  });
  assert.equal(deadlines.size, 0);
});

test("the two transports do not share connections to one address", async () => {
  using deadlines = new Deadlines();
  const transport = createTransport({ deadlines });
  await using origin = await Origin.listen(answering(OK));
  for (const kind of ["sluice", "undici"] as const) {
    const peer = toPeer(origin.address, { transport: kind });
    assert.ok(peer !== null);
    const recorder = new Recorder();
    (await borrow(transport, peer)).send(request(), recorder);
    await recorder.over();
  }
  assert.equal(origin.accepted.length, 2);
  transport.destroyAll();
});

test("ending everything gives up what is still connecting without a word", async () => {
  using deadlines = new Deadlines();
  const transport = createTransport({ deadlines });
  await using origin = await Origin.listen(() => {});
  const peer = toPeer(origin.address);
  assert.ok(peer !== null);
  let answers = 0;
  transport.borrow(
    peer,
    borrower(() => answers++),
  );
  transport.destroyAll();
  await settle();
  assert.deepEqual([answers, transport.counts.open, deadlines.size], [0, 0, 0]);
});

test("a target that undici cannot send is an error of its own, and nothing is sent", async () => {
  using deadlines = new Deadlines();
  const transport = createTransport({ deadlines });
  await using origin = await Origin.listen(() => {});
  const peer = toPeer(origin.address, { transport: "undici" });
  assert.ok(peer !== null);
  const recorder = new Recorder();
  (await borrow(transport, peer)).send(request({ method: "OPTIONS", target: "*" }), recorder);
  await recorder.over();
  assert.equal(recorder.code, "not_implemented");
  assert.equal((await origin.connection(0)).bytesRead, 0);
});

test("for one connection more than there may be, one that is idle is closed", async () => {
  using stand = new Stand({ kind: "sluice", limits: { openMax: 2 } });
  await using first = await stand.listen(answering(OK));
  await using second = await stand.listen(answering(OK));
  await using third = await stand.listen(answering(OK));
  for (const origin of [first, second, third]) await stand.exchange(stand.peer(origin));
  assert.deepEqual([stand.transport.counts.open, stand.transport.counts.idle], [2, 2]);
});

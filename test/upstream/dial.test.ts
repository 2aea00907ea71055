// The way to a peer: its name, its addresses in turn, UNIX sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";
import type { LookupResult } from "../../src/upstream/name-table.ts";
import { toPeer, toUnixPeer } from "../../src/upstream/peer.ts";
import type { Peer } from "../../src/upstream/transport.ts";
import { takeDescriptors } from "../support/no-descriptors.ts";
import type { Origin } from "./origin.ts";
import { borrower } from "./recorder.ts";
import { answering, OK, Stand, settle } from "./stand.ts";

/** Loopback, but nobody listens there: refused at once. */
const DEAD = "127.0.0.9";

const named = (origin: Origin, name = "origin.test"): Peer => {
  const peer = toPeer(`${name}:${origin.port}`);
  assert.ok(peer !== null);
  return peer;
};

test("a peer with a name is reached at its address, and shows under its name", async () => {
  const asked: string[] = [];
  using stand = new Stand({
    kind: "sluice",
    lookup: (name, done) => {
      asked.push(name);
      done(null, ["127.0.0.1"]);
    },
  });
  await using origin = await stand.listen(answering(OK, OK));
  const { connection } = await stand.exchange(named(origin));
  assert.equal(connection.facts.peer.address, `origin.test:${origin.port}`);
  await stand.exchange(named(origin));
  assert.deepEqual([asked, origin.accepted.length], [["origin.test"], 1]);
});

test("localhost is reached, whichever addresses it has", async () => {
  using stand = new Stand({ kind: "sluice" });
  await using origin = await stand.listen(answering(OK));
  const { recorder } = await stand.exchange(named(origin, "localhost"));
  assert.equal(recorder.body.toString(), "ok");
});

test("an address that fails costs no request: the next one is tried", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(null, [DEAD, "127.0.0.1"]),
  });
  await using origin = await stand.listen(answering(OK));
  const { recorder } = await stand.exchange(named(origin));
  assert.equal(recorder.body.toString(), "ok");
  assert.equal(stand.transport.counts.connectFailures, 0);
});

test("an address that does not answer gives way to the next after a moment", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(null, ["127.0.0.1", "127.0.0.2"]),
  });
  await using origin = await stand.listen(answering(OK));
  const borrowing = stand.borrow(named(origin));
  // no event of the first connect has been seen yet when its time is over
  stand.elapse(500);
  await assert.rejects(borrowing, {
    code: "connect_refused",
    message: /^Cannot connect to origin\.test:\d+: 127\.0\.0\.1: over 250 ms; 127\.0\.0\.2: ECONN/,
  });
});

test("the last address has the rest of the time, and the message tells of the others", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(null, ["127.0.0.1", "127.0.0.2"]),
  });
  await using origin = await stand.listen(() => {});
  const peer = toPeer(`origin.test:${origin.port}`, { connectTimeoutMs: 2_000 });
  assert.ok(peer !== null);
  const borrowing = stand.borrow(peer);
  stand.elapse(2_600);
  await assert.rejects(borrowing, {
    code: "connect_timeout",
    message: `Cannot connect to ${peer.address}: it took over 2000 ms; 127.0.0.1: over 250 ms`,
  });
  assert.equal(stand.deadlines.size, 0);
});

test("of many addresses that fail four are tried", async () => {
  const dead = Array.from({ length: 9 }, (_, index) => `127.0.0.${index + 9}`);
  using stand = new Stand({ kind: "sluice", lookup: (_name, done) => done(null, dead) });
  await using origin = await stand.listen(() => {});
  await assert.rejects(stand.borrow(named(origin)), ({ code, message }) => {
    assert.equal(code, "connect_refused");
    assert.equal(message.match(/ECONNREFUSED/g).length, 4);
    return true;
  });
});

test("a name without an address is connect_failed, and the message names it", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(Object.assign(new Error("no"), { code: "ENOTFOUND" }), []),
  });
  const peer = toPeer("nowhere.test:80");
  assert.ok(peer !== null);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(stand.borrow(peer), {
      code: "connect_failed",
      message: "Cannot connect to nowhere.test:80: no address of the name: ENOTFOUND",
    });
  }
});

test("a silent resolver is connect_timeout, and its late answer opens nothing", async () => {
  const queries: LookupResult[] = [];
  using stand = new Stand({ kind: "sluice", lookup: (_name, done) => queries.push(done) });
  await using origin = await stand.listen(() => {});
  const borrowing = stand.borrow(named(origin));
  stand.elapse(5_500);
  await assert.rejects(borrowing, {
    code: "connect_timeout",
    message: /: its name took over 5000/,
  });
  queries[0]?.(null, ["127.0.0.1"]);
  await settle();
  assert.deepEqual([origin.accepted.length, stand.deadlines.size], [0, 0]);
});

test("a borrow that is cancelled while its name is asked for opens nothing", async () => {
  const queries: LookupResult[] = [];
  using stand = new Stand({ kind: "sluice", lookup: (_name, done) => queries.push(done) });
  await using origin = await stand.listen(() => {});
  let answers = 0;
  const first = stand.transport.borrow(
    named(origin),
    borrower(() => answers++),
  );
  stand.transport.borrow(
    named(origin),
    borrower(() => answers++),
  );
  first.cancel();
  stand.transport.destroyAll();
  queries[0]?.(null, ["127.0.0.1"]);
  await settle();
  assert.deepEqual([answers, origin.accepted.length, stand.deadlines.size], [0, 0, 0]);
});

for (const kind of ["sluice", "undici"] as const) {
  test(`${kind}: a peer behind a UNIX socket is spoken to, and kept`, async () => {
    using stand = new Stand({ kind });
    const folder = await mkdtemp(join(tmpdir(), "sluice-unix-"));
    const path = join(folder, "app.sock");
    let accepted = 0;
    const heads: string[] = [];
    const server = createServer((socket) => {
      accepted++;
      socket.on("data", (head: Buffer) => {
        heads.push(head.toString());
        socket.write(OK);
      });
    });
    server.listen(path);
    await once(server, "listening");
    const peer = toUnixPeer(path, { transport: kind });
    assert.ok(peer !== null);
    const { connection } = await stand.exchange(peer);
    await stand.exchange(peer);
    assert.deepEqual([accepted, heads.length], [1, 2]);
    assert.match(heads[1] ?? "", /^host: origin\.test\r$/im);
    assert.equal(connection.facts.local, "unix:");
    stand.transport.closeIdle();
    server.close();
    await once(server, "close");
    await assert.rejects(stand.borrow(peer), {
      code: "connect_failed",
      message: `Cannot connect to unix:${path}: ENOENT`,
    });
    await rm(folder, { recursive: true });
  });
}

test("for want of a descriptor nothing is tried further, and no peer is charged", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(null, ["127.0.0.1", "127.0.0.2"]),
  });
  await using origin = await stand.listen(answering(OK));
  const peer = named(origin);
  {
    using _all = takeDescriptors();
    await assert.rejects(stand.borrow(peer), (error) => {
      assert.ok(error instanceof SluiceError);
      assert.equal(error.code, "out_of_descriptors");
      assert.match(error.message, /: no descriptor is left \(ulimit -n\): EMFILE$/);
      return true;
    });
  }
  assert.equal(stand.transport.counts.connectFailures, 0);
  const { recorder } = await stand.exchange(peer);
  assert.equal(recorder.body.toString(), "ok");
});

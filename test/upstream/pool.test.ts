// The pool alone, with connections that do nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "../../src/upstream/limits.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { Pool, type PooledConnection } from "../../src/upstream/pool.ts";
import type { Peer } from "../../src/upstream/transport.ts";

/** A connection that is open until it is destroyed, and does nothing. */
class Idler implements PooledConnection {
  readonly facts: PooledConnection["facts"];
  readonly served = 0;
  readonly #pool: Pool;
  isDestroyed = false;
  /** What a connection says whose end nobody has told the pool of. */
  isBroken = false;

  constructor(pool: Pool, peer: Peer) {
    this.#pool = pool;
    this.facts = { peer, local: "", tls: false, connectMs: 0 };
    pool.admit(this);
  }

  isIdle(): boolean {
    return !this.isDestroyed && !this.isBroken;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#pool.forget(this);
  }

  lend(): void {}
  send(): boolean {
    return true;
  }
  write(): boolean {
    return true;
  }
  end(): void {}
  pause(): void {}
  resume(): void {}
  detach(): never {
    throw new Error("nothing to detach");
  }
  release(): void {}
}

const poolWith = (limits: Partial<UpstreamLimits> = {}): Pool =>
  new Pool({ ...UPSTREAM_LIMITS, ...limits });

function peerAt(port: number): Peer {
  const peer = toPeer(`127.0.0.1:${port}`);
  assert.ok(peer !== null);
  return peer;
}

/** Idle connections to this peer, in the order in which they were given back. */
function fill(pool: Pool, peer: Peer, count: number): Idler[] {
  const idlers = Array.from({ length: count }, () => new Idler(pool, peer));
  for (const idler of idlers) assert.equal(pool.giveBack(idler), true);
  return idlers;
}

test("the connection given back last is taken first", () => {
  const pool = poolWith();
  const [first, second] = fill(pool, peerAt(1), 2);
  assert.equal(pool.take(peerAt(1)), second);
  assert.equal(pool.take(peerAt(1)), first);
  assert.equal(pool.take(peerAt(1)), null);
});

test("a connection to another peer is not taken", () => {
  const pool = poolWith();
  fill(pool, peerAt(1), 1);
  assert.equal(pool.take(peerAt(2)), null);
});

test("a connection that turns out to be broken is ended, and the next is taken", () => {
  const pool = poolWith();
  const [good, broken] = fill(pool, peerAt(1), 2);
  assert.ok(broken !== undefined);
  broken.isBroken = true;
  assert.equal(pool.take(peerAt(1)), good);
  assert.equal(broken.isDestroyed, true);
  assert.deepEqual([pool.open, pool.idle], [1, 0]);
});

test("one peer has no more idle connections than its bound", () => {
  const pool = poolWith({ idlePerPeerMax: 2 });
  fill(pool, peerAt(1), 2);
  assert.equal(pool.giveBack(new Idler(pool, peerAt(1))), false);
  assert.equal(pool.giveBack(new Idler(pool, peerAt(2))), true);
});

test("beyond the bound of all peers the oldest idle connection makes room", () => {
  const pool = poolWith({ idleTotalMax: 3 });
  const [oldest, newer] = fill(pool, peerAt(1), 2);
  fill(pool, peerAt(2), 2);
  assert.equal(oldest?.isDestroyed, true);
  assert.equal(newer?.isDestroyed, false);
  assert.equal(pool.idle, 3);
});

test("an idle connection that ends leaves the pool at once", () => {
  const pool = poolWith();
  const [first, second] = fill(pool, peerAt(1), 2);
  second?.destroy();
  second?.destroy();
  assert.deepEqual([pool.open, pool.idle], [1, 1]);
  assert.equal(pool.take(peerAt(1)), first);
});

test("closing what is idle leaves what is busy, ending all leaves nothing", () => {
  const pool = poolWith();
  fill(pool, peerAt(1), 2);
  const busy = new Idler(pool, peerAt(1));
  busy.isBroken = true;
  pool.closeIdle();
  assert.deepEqual([pool.open, pool.idle, busy.isDestroyed], [1, 0, false]);
  pool.destroyAll();
  assert.deepEqual([pool.open, busy.isDestroyed], [0, true]);
});

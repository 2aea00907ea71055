// The pool alone, with connections that do nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "../../src/upstream/limits.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { Pool, type PooledConnection } from "../../src/upstream/pool.ts";
import type { LentExchange, Peer } from "../../src/upstream/transport.ts";

/** A connection that is open until it is destroyed, and lends so many exchanges at once. */
class Idler implements PooledConnection {
  readonly facts: PooledConnection["facts"];
  readonly #pool: Pool;
  readonly #lends: number;
  /** Exchanges that are lent now. */
  lent = 0;
  isDestroyed = false;
  /** What a connection says whose end nobody has told the pool of. */
  isBroken = false;

  constructor(pool: Pool, peer: Peer, lends = 1) {
    this.#pool = pool;
    this.#lends = lends;
    const own = { protocol: "HTTP/1.1", local: "", tls: false, tlsDigest: null } as const;
    this.facts = { ...own, peer, connectMs: 0, establishedMs: 0 };
    pool.admit(this);
  }

  isIdle(): boolean {
    return !this.isDestroyed && !this.isBroken && this.lent === 0;
  }

  get hasRoom(): boolean {
    return !this.isDestroyed && !this.isBroken && this.lent < this.#lends;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#pool.forget(this);
  }

  lend(): LentExchange {
    this.lent++;
    return new Lent(this, () => this.#over());
  }

  #over(): void {
    this.lent--;
    if (this.#pool.giveBack(this) === 0) this.destroy();
  }
}

class Lent implements LentExchange {
  readonly served = 0;
  readonly of: Idler;
  readonly release: () => void;

  constructor(of: Idler, over: () => void) {
    this.of = of;
    this.release = over;
  }

  get facts(): PooledConnection["facts"] {
    return this.of.facts;
  }

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
  destroy(): void {}
}

/** Whose exchange the pool gives; null: nobody's. */
function taken(pool: Pool, peer: Peer): Idler | null {
  const lent = pool.take(peer);
  return lent instanceof Lent ? lent.of : null;
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
  for (const idler of idlers) assert.ok(pool.giveBack(idler) > 0);
  return idlers;
}

test("the connection given back last is taken first", () => {
  const pool = poolWith();
  const [first, second] = fill(pool, peerAt(1), 2);
  assert.equal(taken(pool, peerAt(1)), second);
  assert.equal(taken(pool, peerAt(1)), first);
  assert.equal(taken(pool, peerAt(1)), null);
});

test("a connection to another peer is not taken", () => {
  const pool = poolWith();
  fill(pool, peerAt(1), 1);
  assert.equal(taken(pool, peerAt(2)), null);
});

test("a connection that turns out to be broken is ended, and the next is taken", () => {
  const pool = poolWith();
  const [good, broken] = fill(pool, peerAt(1), 2);
  assert.ok(broken !== undefined);
  broken.isBroken = true;
  assert.equal(taken(pool, peerAt(1)), good);
  assert.equal(broken.isDestroyed, true);
  assert.deepEqual([pool.open, pool.idle], [1, 0]);
});

test("idle connections beyond their peer's bound rest for a moment, and push out nobody", () => {
  const pool = poolWith({ idlePerPeerMax: 2, idleTotalMax: 3, surplusIdleMs: 7 });
  const first = fill(pool, peerAt(1), 2);
  for (const surplus of [new Idler(pool, peerAt(1)), new Idler(pool, peerAt(1))]) {
    assert.equal(pool.giveBack(surplus), 7);
  }
  assert.ok(pool.giveBack(new Idler(pool, peerAt(2))) > 1_000_000);
  assert.deepEqual([pool.idle, ...first.map((one) => one.isDestroyed)], [5, false, false]);
  // one that comes back when there is room again is kept
  const all = Array.from({ length: 4 }, () => taken(pool, peerAt(1)));
  const [last] = all;
  assert.ok(last !== null && last !== undefined && pool.giveBack(last) > 1_000_000);
  fill(pool, peerAt(3), 1);
  assert.equal(pool.idle, 3);
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
  assert.equal(taken(pool, peerAt(1)), first);
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

/** One that lends three exchanges at once, with one of them lent. */
function shared(pool: Pool): { readonly connection: Idler; readonly first: LentExchange } {
  const connection = new Idler(pool, peerAt(1), 3);
  return { connection, first: pool.takeNew(connection, null) };
}

test("a connection that lends many is taken until it lends no more, before those that are idle", () => {
  const pool = poolWith();
  const [idle] = fill(pool, peerAt(1), 1);
  const { connection } = shared(pool);
  const order = Array.from({ length: 4 }, () => taken(pool, peerAt(1)));
  assert.deepEqual(order, [connection, connection, idle, null]);
  assert.deepEqual([pool.open, pool.idle], [2, 0]);
});

test("an exchange that is over makes room for one, and the last of them makes it idle", () => {
  const pool = poolWith();
  const { connection, first } = shared(pool);
  const others = [pool.take(peerAt(1)), pool.take(peerAt(1))];
  assert.equal(pool.take(peerAt(1)), null);
  first.release();
  assert.equal(pool.idle, 0);
  const again = pool.take(peerAt(1));
  assert.deepEqual([connection.lent, pool.take(peerAt(1))], [3, null]);
  for (const lent of [...others, again]) lent?.release();
  assert.deepEqual([connection.lent, pool.idle], [0, 1]);
  assert.equal(taken(pool, peerAt(1)), connection);
});

test("what has lent anything is never ended to make room, and its end takes it out of the pool", () => {
  const pool = poolWith({ idleTotalMax: 1 });
  const { connection } = shared(pool);
  fill(pool, peerAt(2), 2);
  pool.closeIdle();
  pool.closeIdleTo(peerAt(1));
  assert.equal(connection.isDestroyed, false);
  connection.destroy();
  assert.equal(pool.take(peerAt(1)), null);
  assert.equal(pool.open, 0);
});

// Connections that can lend an exchange, by the key of their peer. Idle ones are taken last in,
// first out: the connection used last is the one least likely to be closed by the peer, and the
// rest can age and go. Before them comes one that has lent some and can lend more. The pool also
// knows all open connections, so that it can end them. It opens nothing, and holds no timer: an
// idle connection's own deadline ends it.
//
//     "sluice 127.0.0.1:9001" → Shelf { open: 3, idle: [oldest, newest], shared: [] }
//                                                      (one more is busy, and lends one at a time)

import type { UpstreamLimits } from "./limits.ts";
import type { LendingConnection, LentExchange, LoginKeeper, Peer } from "./transport.ts";

/** No connection rests for longer: the longest time of a timer. */
const FOR_EVER_MS = 2_147_483_647;

/** What the pool needs of a connection, beyond what everybody sees. */
export interface PooledConnection extends LendingConnection {
  /** Still open, quiet, and nothing is lent; false at the latest when its end was noticed. */
  isIdle(): boolean;
  /** Beside what is lent it can lend another exchange. One of HTTP/1.1 never can. */
  readonly hasRoom: boolean;
}

export class Pool {
  readonly #limits: UpstreamLimits;
  readonly #shelves = new Map<string, Shelf>();
  readonly #open = new Set<PooledConnection>();
  #idle = 0;
  /** Of those, the ones that may rest for as long as they like. */
  #kept = 0;

  constructor(limits: UpstreamLimits) {
    this.#limits = limits;
  }

  /** Connections that are open, busy ones included. */
  get open(): number {
    return this.#open.size;
  }

  get idle(): number {
    return this.#idle;
  }

  /** Registers a new, busy connection. `forget` undoes it. */
  admit(connection: PooledConnection): void {
    const { key } = connection.facts.peer;
    let shelf = this.#shelves.get(key);
    if (shelf === undefined) {
      shelf = { open: 0, idle: [], shared: [] };
      this.#shelves.set(key, shelf);
    }
    shelf.open++;
    this.#open.add(connection);
  }

  /** An exchange with this peer, of a connection that is there; null: none can lend one. */
  take(peer: Peer, logins: LoginKeeper | null = null): LentExchange | null {
    const shelf = this.#shelves.get(peer.key);
    if (shelf === undefined) return null;
    const connection = shelf.shared.at(-1) ?? this.#takeIdle(shelf);
    if (connection === null) return null;
    const lent = connection.lend(peer, logins);
    share(shelf, connection);
    return lent;
  }

  /** The first exchange of a connection that was admitted. */
  takeNew(connection: PooledConnection, logins: LoginKeeper | null): LentExchange {
    const { peer } = connection.facts;
    const lent = connection.lend(peer, logins);
    const shelf = this.#shelves.get(peer.key);
    if (shelf !== undefined) share(shelf, connection);
    return lent;
  }

  /**
   * An exchange of it is over. Returns for how long it may rest at most, in ms; 0: there is no
   * room, and the connection must end.
   */
  giveBack(connection: PooledConnection): number {
    const shelf = this.#shelves.get(connection.facts.peer.key);
    if (shelf === undefined) return 0;
    if (share(shelf, connection)) return FOR_EVER_MS;
    const { idlePerPeerMax, idleTotalMax, surplusIdleMs } = this.#limits;
    const isSurplus = shelf.idle.length >= idlePerPeerMax;
    if (!isSurplus && this.#kept >= idleTotalMax && !this.makeRoom()) return 0;
    shelf.idle.push(connection);
    this.#idle++;
    if (!isSurplus) this.#kept++;
    connection.facts.peer.seats?.idleChanged(1);
    return isSurplus ? surplusIdleMs : FOR_EVER_MS;
  }

  /** One that is not at rest can lend more than before, or less. */
  roomChanged(connection: PooledConnection): void {
    const shelf = this.#shelves.get(connection.facts.peer.key);
    if (shelf !== undefined && this.#open.has(connection)) share(shelf, connection);
  }

  #takeIdle(shelf: Shelf): PooledConnection | null {
    for (let connection = shelf.idle.pop(); connection; connection = shelf.idle.pop()) {
      this.#left(shelf, connection);
      if (connection.isIdle()) return connection;
      connection.destroy();
    }
    return null;
  }

  /** One is idle no more. */
  #left({ idle }: Shelf, { facts }: PooledConnection): void {
    this.#idle--;
    if (idle.length < this.#limits.idlePerPeerMax) this.#kept--;
    facts.peer.seats?.idleChanged(-1);
  }

  /** A connection has ended, idle or busy. Idempotent. */
  forget(connection: PooledConnection): void {
    if (!this.#open.delete(connection)) return;
    const { key } = connection.facts.peer;
    const shelf = this.#shelves.get(key);
    if (shelf === undefined) return;
    const at = shelf.idle.lastIndexOf(connection);
    if (at !== -1) {
      shelf.idle.splice(at, 1);
      this.#left(shelf, connection);
    }
    const sharedAt = shelf.shared.indexOf(connection);
    if (sharedAt !== -1) unshare(shelf, sharedAt);
    shelf.open--;
    // Keys may come from scripts: an empty shelf that stayed would be a leak a script can drive.
    if (shelf.open === 0) this.#shelves.delete(key);
  }

  closeIdleTo(peer: Peer): void {
    for (const connection of [...(this.#shelves.get(peer.key)?.idle ?? [])]) connection.destroy();
  }

  /** One of them, the oldest: somebody else waits for its place. */
  closeOneIdleTo(peer: Peer): void {
    const idle = this.#shelves.get(peer.key)?.idle[0] ?? this.#idleOfOthers(peer);
    idle?.destroy();
  }

  /** A connection that one client alone may use takes up a place that others wait for. */
  #idleOfOthers({ proxy, seats }: Peer): PooledConnection | undefined {
    if (proxy === null || seats === null) return undefined;
    return [...this.#open].find((one) => one.facts.peer.seats === seats && one.isIdle());
  }

  closeIdle(): void {
    for (const connection of [...this.#open]) {
      if (connection.isIdle()) connection.destroy();
    }
  }

  destroyAll(): void {
    for (const connection of [...this.#open]) connection.destroy();
  }

  /** Ends one idle connection: the oldest of the peer that has been known longest. */
  makeRoom(): boolean {
    for (const shelf of this.#shelves.values()) {
      const oldest = shelf.idle[0];
      if (oldest === undefined) continue;
      oldest.destroy();
      return true;
    }
    return false;
  }
}

/** True: it has lent some and can lend more, and is found as such. */
function share(shelf: Shelf, connection: PooledConnection): boolean {
  const { shared } = shelf;
  const isShared = connection.hasRoom && !connection.isIdle();
  if (!isShared && shared.length === 0) return false;
  const at = shared.indexOf(connection);
  if (isShared && at === -1) {
    shared.push(connection);
    connection.facts.peer.seats?.idleChanged(1);
  } else if (!isShared && at !== -1) unshare(shelf, at);
  return isShared;
}

function unshare({ shared }: Shelf, at: number): void {
  const [connection] = shared.splice(at, 1);
  connection?.facts.peer.seats?.idleChanged(-1);
}

interface Shelf {
  /** Connections to this peer that are open, idle ones included. */
  open: number;
  readonly idle: PooledConnection[];
  /** Some of its exchanges are lent, and more can be. */
  readonly shared: PooledConnection[];
}

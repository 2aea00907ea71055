// Idle connections, by the key of their peer, last in first out: the connection used last is the
// one least likely to be closed by the peer, and the rest can age and go. Also knows every open
// connection, so that all can be ended. Opens nothing itself, and holds no timer: an idle
// connection's own deadline ends it.
//
//     "sluice 127.0.0.1:9001" → Shelf { open: 3, idle: [oldest, newest] }     (one more is busy)

import type { UpstreamLimits } from "./limits.ts";
import type { LoginKeeper, Peer, RestingConnection } from "./transport.ts";

/** What the pool needs of a connection, beyond what everybody sees. */
export interface PooledConnection extends RestingConnection {
  /** Still open, quiet and without a request; false at the latest when its end was noticed. */
  isIdle(): boolean;
}

export class Pool {
  readonly #limits: UpstreamLimits;
  readonly #shelves = new Map<string, Shelf>();
  readonly #open = new Set<PooledConnection>();
  #idle = 0;

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
      shelf = { open: 0, idle: [] };
      this.#shelves.set(key, shelf);
    }
    shelf.open++;
    this.#open.add(connection);
  }

  /** The idle connection to this peer that was used last, or null. */
  take(peer: Peer, logins: LoginKeeper | null = null): PooledConnection | null {
    const shelf = this.#shelves.get(peer.key);
    if (shelf === undefined) return null;
    for (let connection = shelf.idle.pop(); connection; connection = shelf.idle.pop()) {
      this.#idle--;
      if (connection.isIdle()) {
        connection.lend(peer, logins);
        return connection;
      }
      connection.destroy();
    }
    return null;
  }

  /** False: there is no room, and the connection must end. */
  giveBack(connection: PooledConnection): boolean {
    const shelf = this.#shelves.get(connection.facts.peer.key);
    if (shelf === undefined || shelf.idle.length >= this.#limits.idlePerPeerMax) return false;
    if (this.#idle >= this.#limits.idleTotalMax && !this.makeRoom()) return false;
    shelf.idle.push(connection);
    this.#idle++;
    return true;
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
      this.#idle--;
    }
    shelf.open--;
    // Keys may come from scripts: an empty shelf that stayed would be a leak a script can drive.
    if (shelf.open === 0) this.#shelves.delete(key);
  }

  closeIdleTo(peer: Peer): void {
    for (const connection of [...(this.#shelves.get(peer.key)?.idle ?? [])]) connection.destroy();
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

interface Shelf {
  /** Connections to this peer that are open, idle ones included. */
  open: number;
  readonly idle: PooledConnection[];
}

// The transport that the rest of Sluice borrows connections from: an idle one from the pool, else a
// new one (connecting.ts). One for each event loop.

import type { Deadlines } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import { Connecting } from "./connecting.ts";
import { Joined } from "./joined.ts";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "./limits.ts";
import type { Lookup } from "./name-table.ts";
import { Names } from "./names.ts";
import { Pool, type PooledConnection } from "./pool.ts";
import type { Surroundings } from "./surroundings.ts";
import { TlsSessions } from "./tls-sessions.ts";
import type {
  Borrower,
  Borrowing,
  LentExchange,
  LoginKeeper,
  Peer,
  Transport,
} from "./transport.ts";

/** Told what happens to connections: for metrics. Every method is optional. */
export interface TransportObserver {
  connected?(peer: Peer, connectMs: number): void;
  connectFailed?(peer: Peer, error: SluiceError): void;
  reused?(peer: Peer): void;
}

export interface TransportOptions {
  readonly deadlines: Deadlines;
  readonly limits?: UpstreamLimits;
  readonly observer?: TransportObserver;
  /** For names of the configuration; default: asks the operating system. */
  readonly lookup?: Lookup;
  /** For names that scripts choose; default: asks the name servers. */
  readonly scriptLookup?: Lookup;
}

/** Since the start, but for `open` and `idle`, which are now. */
export interface TransportCounts {
  readonly connects: number;
  readonly connectFailures: number;
  readonly reuses: number;
  readonly open: number;
  readonly idle: number;
}

export interface PeerTransport extends Transport {
  readonly counts: TransportCounts;
  /** The configuration's peers: their names are asked for at once, and there from now on. */
  keepNames(peers: Iterable<Peer>): void;
  /** Ends the one to this peer that has waited longest in the pool. */
  closeOneIdleTo(peer: Peer): void;
  /** Ends the connections that wait in the pool; those in use end or rest as ever. */
  closeIdle(): void;
  /** Ends every connection and every attempt to make one. No sink and no borrower hears of it. */
  destroyAll(): void;
}

export function createTransport(options: TransportOptions): PeerTransport {
  return new PooledTransport(options);
}

const NOTHING_TO_CANCEL: Borrowing = { cancel: () => {} };

class PooledTransport implements PeerTransport {
  readonly #surroundings: Surroundings;
  readonly #observer: TransportObserver;
  readonly #attempts = new Set<Connecting>();
  readonly #joined = new Joined(this);
  #connects = 0;
  #connectFailures = 0;
  #reuses = 0;

  constructor(options: TransportOptions) {
    const { limits = UPSTREAM_LIMITS, lookup, scriptLookup } = options;
    this.#surroundings = {
      pool: new Pool(limits),
      deadlines: options.deadlines,
      limits,
      names: new Names({ limits, lookup, scriptLookup }),
      sessions: new TlsSessions(limits),
    };
    this.#observer = options.observer ?? {};
  }

  get counts(): TransportCounts {
    const { open, idle } = this.#surroundings.pool;
    return {
      connects: this.#connects,
      connectFailures: this.#connectFailures,
      reuses: this.#reuses,
      open,
      idle,
    };
  }

  borrow(peer: Peer, borrower: Borrower, logins: LoginKeeper | null = null): Borrowing {
    const idle = logins?.take(peer) ?? this.#surroundings.pool.take(peer, logins);
    if (idle !== null) {
      this.#reuses++;
      this.#observer.reused?.(peer);
      borrower.onLent(idle);
      return NOTHING_TO_CANCEL;
    }
    if (peer.protocol === "http2") return this.#joined.borrow(peer, borrower, logins);
    return this.open(peer, borrower, logins);
  }

  open(peer: Peer, borrower: Borrower, logins: LoginKeeper | null = null): Borrowing {
    const { pool, limits } = this.#surroundings;
    if (peer.seats?.takeConnection() === false) {
      if (peer.proxy !== null) pool.closeOneIdleTo(peer);
      return failSoon(borrower, peersBusy(peer));
    }
    if (pool.open + this.#attempts.size >= limits.openMax) pool.makeRoom();
    const attempt = new Connecting(peer, this.#surroundings, (error, connection) => {
      this.#attempts.delete(attempt);
      if (connection !== null) return borrower.onLent(this.#connected(connection, logins));
      const failure = error ?? new SluiceError("connect_failed");
      this.#connectFailed(peer, failure);
      borrower.onConnectFailed(failure);
    });
    this.#attempts.add(attempt);
    return {
      cancel: () => {
        if (!this.#attempts.delete(attempt)) return;
        attempt.cancel();
        peer.seats?.giveBackConnection();
      },
    };
  }

  keepNames(peers: Iterable<Peer>): void {
    this.#surroundings.names.keep(peers);
  }

  closeOneIdleTo(peer: Peer): void {
    this.#surroundings.pool.closeOneIdleTo(peer);
  }

  closeIdle(): void {
    this.#surroundings.pool.closeIdle();
  }

  destroyAll(): void {
    for (const attempt of this.#attempts) attempt.cancel();
    this.#attempts.clear();
    this.#surroundings.names.end();
    this.#surroundings.pool.destroyAll();
  }

  #connected(connection: PooledConnection, logins: LoginKeeper | null): LentExchange {
    const { peer, connectMs } = connection.facts;
    this.#connects++;
    this.#observer.connected?.(peer, connectMs);
    return this.#surroundings.pool.takeNew(connection, logins);
  }

  #connectFailed(peer: Peer, error: SluiceError): void {
    peer.seats?.giveBackConnection();
    if (error.kind.blame === "internal") return;
    this.#connectFailures++;
    this.#observer.connectFailed?.(peer, error);
  }
}

/** Never at once: the borrower does not hold its borrowing yet. */
function failSoon(borrower: Borrower, error: SluiceError): Borrowing {
  const soon = setImmediate(() => borrower.onConnectFailed(error));
  return { cancel: () => clearImmediate(soon) };
}

const peersBusy = ({ address }: Peer): SluiceError =>
  new SluiceError("peers_busy", `${address} has as many connections as it may have`);

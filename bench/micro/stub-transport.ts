// Peers on sockets whose handles are stubs: connections of HTTP/1.1, kept by a pool of upstream's.

import type { Deadlines } from "../../src/base/clock.ts";
import { ReadTap } from "../../src/base/read-tap.ts";
import { Http1Connection } from "../../src/upstream/http1-connection.ts";
import { UPSTREAM_LIMITS } from "../../src/upstream/limits.ts";
import { Names } from "../../src/upstream/names.ts";
import { Pool } from "../../src/upstream/pool.ts";
import { TlsSessions } from "../../src/upstream/tls-sessions.ts";
import type {
  Borrower,
  Borrowing,
  ConnectionFacts,
  LentExchange,
  Peer,
  Transport,
} from "../../src/upstream/transport.ts";
import { StubHandle, socketOf } from "./stub-socket.ts";

export class StubTransport implements Transport {
  /** Handles of the connections that were borrowed: those that await an answer. */
  readonly busy: StubHandle[] = [];
  readonly #handles = new Map<ConnectionFacts, StubHandle>();
  readonly #surroundings;

  constructor(deadlines: Deadlines) {
    this.#surroundings = {
      pool: new Pool(UPSTREAM_LIMITS),
      deadlines,
      limits: UPSTREAM_LIMITS,
      names: new Names({ limits: UPSTREAM_LIMITS, lookup: undefined }),
      sessions: new TlsSessions(UPSTREAM_LIMITS),
    };
  }

  get handles(): Iterable<StubHandle> {
    return this.#handles.values();
  }

  borrow(peer: Peer, borrower: Borrower): Borrowing {
    return this.#lend(this.#surroundings.pool.take(peer) ?? this.#connect(peer), borrower);
  }

  open(peer: Peer, borrower: Borrower): Borrowing {
    return this.#lend(this.#connect(peer), borrower);
  }

  #lend(lent: LentExchange, borrower: Borrower): Borrowing {
    const handle = this.#handles.get(lent.facts);
    if (handle !== undefined) this.busy.push(handle);
    borrower.onLent(lent);
    return NOTHING_TO_CANCEL;
  }

  #connect(peer: Peer): LentExchange {
    const tap = new ReadTap();
    const handle = new StubHandle();
    const facts = {
      peer,
      ...PLAIN,
      establishedMs: 0,
    };
    const connection = new Http1Connection(socketOf(handle, tap), facts, this.#surroundings);
    tap.receiver = connection;
    this.#handles.set(facts, handle);
    return this.#surroundings.pool.takeNew(connection, null);
  }
}

const NOTHING_TO_CANCEL = { cancel: () => {} };

const OWN = { local: "127.0.0.1:1", tls: false, tlsDigest: null, connectMs: 1 };
const PLAIN = { ...OWN, protocol: "HTTP/1.1" } as const;

// Where a connection of either transport waits between two requests: in the pool, where the next
// exchange with its peer finds it, or with its client, if it carries that client's login.

import { idleTimeIn } from "../http1/connection.ts";
import type { ResponseHead } from "../http1/messages.ts";
import { asksForLogin, credentialsOf, logsIn } from "./logins.ts";
import type { Pool, PooledConnection } from "./pool.ts";
import type { LoginKeeper, Peer, UpstreamRequest } from "./transport.ts";

/** No peer's `idleTimeoutMs` is longer. */
const UNSAID_MS = 2_147_483_647;

export class Rest {
  /** Of whom the connection is lent to; null: nobody knows whose a login would be. */
  logins: LoginKeeper | null = null;
  readonly #pool: Pool;
  #carriesLogin = false;
  /** How long the peer keeps it, by its last response. */
  #peersMs = UNSAID_MS;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  sending({ headers, mayLogIn, clientHeaders }: UpstreamRequest): void {
    if (!mayLogIn || !logsIn(headers)) return;
    this.#carriesLogin = true;
    // A script's login is for the requests that the script says, not for all of this client's.
    if (credentialsOf(headers) !== credentialsOf(clientHeaders)) this.logins = null;
  }

  heard({ authenticate, keepAliveTerms }: ResponseHead): void {
    this.#peersMs = keepAliveTerms === null ? UNSAID_MS : restWithin(idleTimeIn(keepAliveTerms));
    if (authenticate !== null && asksForLogin(authenticate)) this.#carriesLogin = true;
  }

  /** For how long it may rest, in ms; 0: there is no place for it, and it must end. */
  begin(connection: PooledConnection, { idleTimeoutMs }: Peer): number {
    const idleMs = Math.min(idleTimeoutMs, this.#peersMs);
    return idleMs > 0 ? Math.min(idleMs, this.#findPlace(connection)) : 0;
  }

  /** How long that has room for it. */
  #findPlace(connection: PooledConnection): number {
    if (this.#carriesLogin) {
      this.logins?.keep(connection);
      return this.logins === null ? 0 : UNSAID_MS;
    }
    // a client's own, though not by a login: it ends with its client
    const isOwn = connection.facts.peer.proxy !== null && this.logins !== null;
    if (isOwn && this.logins?.mark(connection) === false) return 0;
    if (!isOwn) this.logins = null;
    return this.#pool.giveBack(connection);
  }

  /**
   * It had rested, and ended unanswered. If the peer has closed it while it was idle, then those
   * that have rested for longer, too: a request on each of them would only find that out.
   */
  wasStale({ facts }: PooledConnection): void {
    this.#pool.closeIdleTo(facts.peer);
  }

  /** The connection has ended, at rest or not. */
  over(connection: PooledConnection): void {
    this.logins?.forget(connection);
    this.#pool.forget(connection);
  }
}

const MARGIN_MS = 1_000;

/**
 * It ends a second before the peer ends it, or half of a shorter time: what we send must not cross
 * the peer's FIN.
 */
function restWithin(peersMs: number): number {
  return peersMs === -1 ? UNSAID_MS : Math.floor(Math.max(peersMs / 2, peersMs - MARGIN_MS));
}

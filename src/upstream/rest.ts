// Where a connection of either transport rests between two requests: in the pool, where the next
// exchange with its peer finds it, or with its client, if it carries that one's login.

import type { ResponseHead } from "../http1/messages.ts";
import { asksForLogin, credentialsOf, logsIn } from "./logins.ts";
import type { Pool, PooledConnection } from "./pool.ts";
import type { LoginKeeper, Peer, UpstreamRequest } from "./transport.ts";

const MARGIN_MS = 1_000;

export class Rest {
  /** Of whom the connection is lent to; null: nobody knows whose a login would be. */
  logins: LoginKeeper | null = null;
  readonly #pool: Pool;
  #carriesLogin = false;
  /** How long the peer keeps it, by its last response. */
  #peersMs = Number.POSITIVE_INFINITY;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  sending({ headers, mayLogIn, clientHeaders }: UpstreamRequest): void {
    if (!mayLogIn || !logsIn(headers)) return;
    this.#carriesLogin = true;
    // A script's login is for the requests that the script says, not for all of this client's.
    if (credentialsOf(headers) !== credentialsOf(clientHeaders)) this.logins = null;
  }

  heard({ authenticate, idleMs }: ResponseHead): void {
    // As soon as half of a short time is over, and a second before a longer one is: what we send
    // must not cross the peer's FIN.
    this.#peersMs = Math.max(idleMs / 2, idleMs - MARGIN_MS);
    if (authenticate !== null && asksForLogin(authenticate)) this.#carriesLogin = true;
  }

  /** For how long it may rest, in ms; 0: there is no place for it, and it must end. */
  begin(connection: PooledConnection, { idleTimeoutMs }: Peer): number {
    const idleMs = Math.min(idleTimeoutMs, this.#peersMs);
    return idleMs > 0 && this.#findPlace(connection) ? idleMs : 0;
  }

  #findPlace(connection: PooledConnection): boolean {
    if (this.#carriesLogin) {
      this.logins?.keep(connection);
      return this.logins !== null;
    }
    this.logins = null;
    return this.#pool.giveBack(connection);
  }

  /**
   * It ended unanswered. If the peer has closed it while it was idle, then those that have rested
   * for longer, too: a request on each of them would only find that out.
   */
  wasStale({ served, facts }: PooledConnection): void {
    if (served > 0) this.#pool.closeIdleTo(facts.peer);
  }

  /** The connection has ended, at rest or not. */
  over(connection: PooledConnection): void {
    this.logins?.forget(connection);
    this.#pool.forget(connection);
  }
}

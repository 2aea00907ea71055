// Where a connection of either transport rests between two requests: in the pool, where the next
// exchange with its peer finds it, or with its client, if it carries that one's login.

import type { ResponseHead } from "../http1/messages.ts";
import { asksForLogin, credentialsOf, logsIn } from "./logins.ts";
import type { Pool, PooledConnection } from "./pool.ts";
import type { LoginKeeper, UpstreamRequest } from "./transport.ts";

export class Rest {
  /** Of whom the connection is lent to; null: nobody knows whose a login would be. */
  logins: LoginKeeper | null = null;
  readonly #pool: Pool;
  #carriesLogin = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  sending({ headers, mayLogIn, clientHeaders }: UpstreamRequest): void {
    if (!mayLogIn || !logsIn(headers)) return;
    this.#carriesLogin = true;
    // A script's login is for the requests that the script says, not for all of this client's.
    if (credentialsOf(headers) !== credentialsOf(clientHeaders)) this.logins = null;
  }

  heard({ authenticate }: ResponseHead): void {
    if (authenticate !== null && asksForLogin(authenticate)) this.#carriesLogin = true;
  }

  /** False: there is no place for it, and it must end. */
  begin(connection: PooledConnection): boolean {
    if (this.#carriesLogin) {
      this.logins?.keep(connection);
      return this.logins !== null;
    }
    this.logins = null;
    return this.#pool.giveBack(connection);
  }

  /** The connection has ended, at rest or not. */
  over(connection: PooledConnection): void {
    this.logins?.forget(connection);
    this.#pool.forget(connection);
  }
}

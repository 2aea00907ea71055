// Connections that carry a login. NTLM, Negotiate and their kin authenticate a connection rather
// than a request (RFC 4559 section 6): the next request on such a connection is served as if it
// came from the one who logged in. So the connection stays with the client to which it was lent,
// and in no pool.

import { fieldOf } from "../wire/headers.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import type { LendingConnection, LentExchange, LoginKeeper, Peer } from "./transport.ts";

/** Of one client: its connections that rest, the oldest first. */
export class Logins implements LoginKeeper {
  readonly #resting: LendingConnection[] = [];
  /** Those that are told whose they are: they rest in the pool, for nobody else. */
  readonly #own = new Set<LendingConnection>();
  #isClosed = false;

  take(peer: Peer): LentExchange | null {
    const at = this.#resting.findLastIndex((one) => one.facts.peer.key === peer.key);
    const [connection] = at === -1 ? [] : this.#resting.splice(at, 1);
    return connection?.lend(peer, this) ?? null;
  }

  keep(connection: LendingConnection): void {
    this.#resting.push(connection);
    if (this.#resting.length > UPSTREAM_LIMITS.loginsPerClientMax) this.#resting[0]?.destroy();
  }

  mark(connection: LendingConnection): boolean {
    if (!this.#isClosed) this.#own.add(connection);
    return !this.#isClosed;
  }

  forget(connection: LendingConnection): void {
    this.#own.delete(connection);
    const at = this.#resting.indexOf(connection);
    if (at !== -1) this.#resting.splice(at, 1);
  }

  /** The client has gone, and with it whoever may use them. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#resting, ...this.#own]) connection.destroy();
  }
}

/** Those of Windows: all other schemes authenticate each request. */
const BINDING = "(?:ntlm|negotiate|nego2|kerberos|credssp)(?=[ \\t,]|$)";
/** At the start of any challenge of a list; inside a quoted string it costs a connection. */
const CHALLENGE = new RegExp(`(?:^|,)[ \\t]*${BINDING}`, "i");
const CREDENTIALS = new RegExp(`^${BINDING}`, "i");

/** @param authenticate  of a response's WWW-Authenticate */
export const asksForLogin = (authenticate: string): boolean => CHALLENGE.test(authenticate);

/** @param headers  of a request */
export const credentialsOf = (headers: string): string => fieldOf(headers, "authorization") ?? "";

export const logsIn = (headers: string): boolean => CREDENTIALS.test(credentialsOf(headers));

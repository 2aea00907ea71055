// Connections that carry a login. NTLM, Negotiate and their kin authenticate a connection rather
// than a request (RFC 4559 section 6): the next request on such a connection is served as if it
// came from the one who logged in. So the connection stays with the client to which it was lent,
// and in no pool. What a client is with one tenant, another that has the same peer must not make
// use of: each finds again what it was lent itself.

import { fieldOf } from "../wire/headers.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import type { LendingConnection, LentExchange, LoginKeeper, Peer } from "./transport.ts";

interface Resting {
  readonly connection: LendingConnection;
  /** Tenant for whose requests it was lent. */
  readonly tenantId: string;
}

/** Of one client: its connections that rest, the oldest first. */
export class Logins implements LoginKeeper {
  readonly #resting: Resting[] = [];
  /** Those that are told whose they are: they rest in the pool, for nobody else. */
  readonly #own = new Set<LendingConnection>();
  #isClosed = false;
  /** Of the tenant that has asked last. */
  #tenants: TenantLogins | null = null;

  /** For requests of one tenant. */
  of(tenantId: string): LoginKeeper {
    const last = this.#tenants;
    if (last?.tenantId === tenantId) return last;
    this.#tenants = new TenantLogins(this, tenantId);
    return this.#tenants;
  }

  take(peer: Peer, tenantId = "", keeper: LoginKeeper = this): LentExchange | null {
    const { key } = peer;
    const at = this.#resting.findLastIndex(
      (one) => one.tenantId === tenantId && one.connection.facts.peer.key === key,
    );
    const [found] = at === -1 ? [] : this.#resting.splice(at, 1);
    return found?.connection.lend(peer, keeper) ?? null;
  }

  keep(connection: LendingConnection, tenantId = ""): void {
    this.#resting.push({ connection, tenantId });
    const isOver = this.#resting.length > UPSTREAM_LIMITS.loginsPerClientMax;
    if (isOver) this.#resting[0]?.connection.destroy();
  }

  mark(connection: LendingConnection): boolean {
    if (!this.#isClosed) this.#own.add(connection);
    return !this.#isClosed;
  }

  forget(connection: LendingConnection): void {
    this.#own.delete(connection);
    const at = this.#resting.findIndex((one) => one.connection === connection);
    if (at !== -1) this.#resting.splice(at, 1);
  }

  /** The client has gone, and with it whoever may use them. */
  close(): void {
    this.#isClosed = true;
    const resting = this.#resting.map(({ connection }) => connection);
    for (const connection of [...resting, ...this.#own]) connection.destroy();
  }
}

class TenantLogins implements LoginKeeper {
  readonly tenantId: string;
  readonly #all: Logins;

  constructor(all: Logins, tenantId: string) {
    this.#all = all;
    this.tenantId = tenantId;
  }

  take(peer: Peer): LentExchange | null {
    return this.#all.take(peer, this.tenantId, this);
  }

  keep(connection: LendingConnection): void {
    this.#all.keep(connection, this.tenantId);
  }

  mark(connection: LendingConnection): boolean {
    return this.#all.mark(connection);
  }

  forget(connection: LendingConnection): void {
    this.#all.forget(connection);
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

// Decides who calls, and whether they may: bearer tokens, the operator's from the environment and
// those of the store, or a session that a browser opened with one (sessions.ts). Without any token
// the API refuses everything and says what to do.

import { createHash, timingSafeEqual } from "node:crypto";
import { OPERATOR } from "../../base/config/operator.ts";
import type { Role, StoredToken } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { unlessUnreachable } from "../store/store-error.ts";
import { storedTokenOf } from "../store/token-check.ts";
import { cookieOf, expectOwnHost, expectOwnPage, expectPrivate } from "./browser.ts";
import { FailedLogins } from "./failed-logins.ts";
import { machineRefusal } from "./machine.ts";
import { ApiError } from "./problem.ts";
import type { AdminRoute, Caller } from "./route.ts";
import { type NewSession, Sessions } from "./sessions.ts";

export interface GuardOptions {
  /** The operator's token; null: none. */
  readonly token: string | null;
  /** The environment variable that it comes from. */
  readonly tokenEnv: string;
  /** Null: there are no other tokens. */
  readonly store: Pick<Store, "tokenByHash" | "tokens" | "addAudit"> | null;
  /** Host names that browsers may use, besides addresses and localhost. */
  readonly hosts?: readonly string[];
  /** An operator's, shown at the terminal of who started the proxy where there is no other. */
  readonly shownToken?: string | null;
}

/** What the guard looks at. */
export interface Knock {
  readonly headers: Headers;
  /** Address of the client; empty: unknown. */
  readonly remote: string;
  readonly isTls?: boolean;
  readonly signal: AbortSignal;
}

/** Of a session, with its cookie. */
export const KEY_HEADER = "sluice-session-key";

/** Shorter ones can be guessed. */
export const TOKEN_CHARS_MIN = 16;
const TOKEN_CHARS_MAX = 512;

const RANKS: Readonly<Record<Role, number>> = { reader: 0, deployer: 1, operator: 2 };

const ANONYMOUS: Caller = { actor: "anyone", role: "reader", tenant: null };
/** Whoever may ask this machine to reload: as a signal would. */
const MACHINE: Caller = { actor: "machine", role: "operator", tenant: null };
/** Whoever read the terminal at which the proxy was started. */
const TERMINAL: Caller = { actor: "terminal", role: "operator", tenant: null };
const BOOTSTRAP: Caller = { actor: "token:env", role: "operator", tenant: null };

export class Guard {
  readonly sessions = new Sessions();
  readonly #options: GuardOptions;
  readonly #tokenHash: Buffer | null;
  readonly #shownHash: Buffer | null;
  readonly #failed: FailedLogins;

  /** Throws a sentence if the token from the environment is too weak to be one. */
  constructor(options: GuardOptions) {
    const { token, tokenEnv, store, shownToken = null } = options;
    if (token !== null && (token.length < TOKEN_CHARS_MIN || token.length > TOKEN_CHARS_MAX)) {
      const expected = `${TOKEN_CHARS_MIN} to ${TOKEN_CHARS_MAX} characters`;
      throw new Error(`Cannot use ${tokenEnv}: expected ${expected}, got ${token.length}`);
    }
    this.#options = options;
    this.#tokenHash = token === null ? null : hashOf(token);
    this.#shownHash = shownToken === null ? null : hashOf(shownToken);
    this.#failed = new FailedLogins(async (remote, failures) => {
      const line = { actor: "sluice", action: "login.refused", tenant: null };
      const audit = { ...line, target: `from ${remote}`, detail: { failures } };
      if (store !== null) await unlessUnreachable(store.addAudit(audit));
    });
  }

  /** Whose call it is. Throws an ApiError: 401, or 403 for a call that had to be local. */
  async identify({ access }: Pick<AdminRoute, "access">, knock: Knock): Promise<Caller> {
    if (access === "anyone") return ANONYMOUS;
    const caller = await this.#browserOf(knock);
    if (caller !== null) return caller;
    if (access !== "machine" || (await this.#hasToken())) return await this.#callerOf(knock);
    const refusal = machineRefusal(knock);
    if (refusal === null) return MACHINE;
    throw new ApiError(403, refusal);
  }

  /** Whether the token of a call that goes on opens anything still. */
  async stillOpens(caller: Caller): Promise<boolean> {
    if (!this.sessions.isOpen(caller)) return false;
    const id = storedTokenOf(caller.actor);
    if (id === undefined) return true;
    const tokens = (await this.#options.store?.tokens()) ?? [];
    return tokens.some((token) => token.id === id && !isExpired(token));
  }

  /** Opens a session of a browser. Throws an ApiError, late: the token is none. */
  async login(token: string, knock: Knock): Promise<NewSession> {
    expectBrowser(knock, this.#options);
    return this.sessions.open(await this.#tokensCaller(token, knock), token);
  }

  /** Null: it is no browser with a session. Throws an ApiError for what another page asks. */
  async #browserOf({ headers }: Knock): Promise<Caller | null> {
    const [cookie, key] = [cookieOf(headers), headers.get(KEY_HEADER)];
    if (cookie === null || key === null || headers.has("authorization")) return null;
    expectOwnHost(headers, { hosts: this.#options.hosts ?? [] });
    expectOwnPage(headers);
    const caller = this.sessions.find(cookie, key);
    if (caller === null) return null;
    if (await this.stillOpens(caller)) return caller;
    this.sessions.end(caller);
    return null;
  }

  async #callerOf(knock: Knock): Promise<Caller> {
    const header = knock.headers.get("authorization");
    if (header === null) throw await this.#unauthorized("Expected Authorization: Bearer TOKEN.");
    return await this.#tokensCaller(/^Bearer +([!-~]+) *$/i.exec(header)?.[1], knock);
  }

  async #tokensCaller(token: string | undefined, knock: Knock): Promise<Caller> {
    const caller = token === undefined ? "It is no bearer token." : await this.#look(token);
    if (typeof caller !== "string") return caller;
    const refusal = await this.#unauthorized(`The token is refused. ${caller}`);
    await this.#failed.delay(knock);
    throw refusal;
  }

  /** A sentence: it opens nothing. */
  async #look(token: string): Promise<Caller | string> {
    if (token.length > TOKEN_CHARS_MAX) return UNKNOWN;
    const hash = hashOf(token);
    if (this.#tokenHash !== null && timingSafeEqual(hash, this.#tokenHash)) return BOOTSTRAP;
    if (this.#shownHash !== null && timingSafeEqual(hash, this.#shownHash)) return TERMINAL;
    const stored = (await this.#options.store?.tokenByHash(hash)) ?? null;
    if (stored === null) return UNKNOWN;
    if (isExpired(stored)) return "It has expired.";
    return { actor: `token:${stored.id}`, role: stored.role, tenant: stored.tenant };
  }

  async #unauthorized(detail: string): Promise<ApiError> {
    const { tokenEnv } = this.#options;
    const isShown = this.#shownHash !== null;
    if (isShown || (await this.#hasToken())) {
      const text = isShown ? `${detail} ${SHOWN}` : detail;
      return new ApiError(401, text, { headers: { "WWW-Authenticate": "Bearer" } });
    }
    const todo = `set ${tokenEnv} in the environment of sluice serve, and restart it`;
    return new ApiError(503, `No token can be checked, as none is configured: ${todo}.`);
  }

  async #hasToken(): Promise<boolean> {
    if (this.#tokenHash !== null) return true;
    const tokens = (await this.#options.store?.tokens()) ?? [];
    return tokens.some((token) => !isExpired(token));
  }
}

function expectBrowser({ headers, isTls = false }: Knock, { hosts = [] }: GuardOptions): void {
  expectOwnHost(headers, { hosts });
  expectOwnPage(headers);
  expectPrivate({ headers, isTls }, { hosts });
}

/** As tokens are stored. */
export const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

const UNKNOWN = "It is unknown or revoked.";
const SHOWN = "The terminal at which the proxy was started shows one.";

const isExpired = ({ expiresAtMs }: StoredToken): boolean =>
  expiresAtMs !== null && expiresAtMs <= Date.now();

/**
 * Null: the caller may. The role is looked at first, so that a 403 depends on nothing but the
 * caller's own token; what is another tenant's does not exist.
 */
export function refusalOf(
  caller: Caller,
  { access }: Pick<AdminRoute, "access">,
  tenant: string | undefined,
): ApiError | null {
  if (access === "anyone" || access === "token") return null;
  const role = access === "machine" ? "operator" : access;
  if (RANKS[caller.role] < RANKS[role]) {
    const detail = `Expected the token of ${a(role)}, got one of ${a(caller.role)}.`;
    return new ApiError(403, detail);
  }
  // the operator's layer has paths of its own
  if (tenant === OPERATOR) return new ApiError(404, "There is no such tenant.");
  if (caller.tenant === null || caller.tenant === tenant) return null;
  const own = `tenant ${caller.tenant}`;
  if (tenant === undefined) {
    return new ApiError(403, `Expected a token for all tenants, got one of ${own}.`);
  }
  return new ApiError(404, `There is no such tenant for this token, which is one of ${own}.`);
}

const a = (role: Role): string => (role === "operator" ? "an operator" : `a ${role}`);

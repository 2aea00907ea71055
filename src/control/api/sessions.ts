// Sessions of browsers: a cookie that a page cannot read, and a key that only the page of this
// origin has, since a cookie goes to every port of a host. Each is useless without the other, and
// only their hashes are kept. A session is never more than the token that opened it, which is kept
// sealed (sealed-token.ts).

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { LIMITS } from "../../base/limits.ts";
import type { Caller } from "./route.ts";
import { openToken, sealToken } from "./sealed-token.ts";

interface Session {
  readonly id: string;
  readonly keyHash: Buffer;
  readonly caller: Caller;
  readonly sealed: Buffer;
  readonly untilMs: number;
  usedMs: number;
}

/** What a browser is told once. */
export interface NewSession {
  readonly cookie: string;
  readonly key: string;
  readonly caller: Caller;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export class Sessions {
  /** By the hash of the cookie, who was used longest ago first. */
  readonly #sessions = new Map<string, Session>();

  /** The oldest one ends if the token, or everybody together, has as many as there may be. */
  open({ actor, role, tenant }: Caller, token: string): NewSession {
    const [cookie, key] = [secret(), secret()];
    const id = hashOf(cookie).toString("hex");
    const own = [...this.#sessions.values()].filter((one) => one.caller.actor === actor);
    if (own.length >= LIMITS.apiSessionsOfToken) this.#end(own[0]);
    const [oldest] = this.#sessions.values();
    if (this.#sessions.size >= LIMITS.apiSessions) this.#end(oldest);
    const caller: Caller = { actor, role, tenant, session: id };
    const nowMs = Date.now();
    const untilMs = nowMs + LIMITS.apiSessionMs;
    const [keyHash, sealed] = [hashOf(key), sealToken(token, key)];
    this.#sessions.set(id, { id, keyHash, caller, sealed, untilMs, usedMs: nowMs });
    return { cookie, key, caller, expiresAtMs: untilMs };
  }

  /** Whose it is; null: there is none, or the key is not its own. */
  find(cookie: string, key: string): Caller | null {
    const session = this.#live(hashOf(cookie).toString("hex"));
    if (session === null || !timingSafeEqual(hashOf(key), session.keyHash)) return null;
    session.usedMs = Date.now();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    return { ...session.caller, bearer: () => openToken(session.sealed, key) };
  }

  /** Milliseconds since 1970 at which it ends at the latest; null: it is over. */
  expiryOf({ session }: Caller): number | null {
    return session === undefined ? null : (this.#live(session)?.untilMs ?? null);
  }

  /** Whether a call that goes on may go on: it is of no session, or of one that is not over. */
  isOpen({ session }: Caller): boolean {
    return session === undefined || this.#live(session) !== null;
  }

  end({ session }: Caller): void {
    if (session !== undefined) this.#sessions.delete(session);
  }

  #end(session: Session | undefined): void {
    if (session !== undefined) this.#sessions.delete(session.id);
  }

  #live(id: string): Session | null {
    const session = this.#sessions.get(id);
    if (session === undefined) return null;
    const nowMs = Date.now();
    if (nowMs < session.untilMs && nowMs - session.usedMs < LIMITS.apiSessionIdleMs) return session;
    this.#sessions.delete(id);
    return null;
  }
}

const secret = (): string => randomBytes(32).toString("base64url");

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

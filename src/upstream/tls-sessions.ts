// TLS sessions to resume, the newest of each pool key: saves a round trip and the peer its
// signature. The key holds everything that was verified, so no session serves other options.

import type { UpstreamLimits } from "./limits.ts";

export class TlsSessions {
  readonly #max: number;
  /** In the order of their last use. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(limits: UpstreamLimits) {
    this.#max = limits.tlsSessionsMax;
  }

  get(key: string): Buffer | undefined {
    const session = this.#sessions.get(key);
    if (session !== undefined) this.put(key, session);
    return session;
  }

  put(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= this.#max) return;
    const oldest = this.#sessions.keys().next();
    if (!oldest.done) this.#sessions.delete(oldest.value);
  }

  /** After a failed handshake: whatever was wrong, the next one starts from nothing. */
  drop(key: string): void {
    this.#sessions.delete(key);
  }
}

// Delays the answers to failed logins, longer the more there were from one source. A good token is
// never delayed, even behind an address that many share. The length of tokens keeps guessers out;
// the delay keeps them from being a load, and they are in the audit log.

import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../../base/limits.ts";
import { ApiError } from "./problem.ts";

interface Source {
  failures: number;
  lastMs: number;
  /** When the audit log was told; 0: never. */
  toldMs: number;
  /** Failures since then. */
  untold: number;
}

interface Attempt {
  readonly remote: string;
  readonly signal: AbortSignal;
}

type Tell = (remote: string, failures: number) => Promise<void> | undefined;

export class FailedLogins {
  readonly #tell: Tell;
  /** By address, who failed longest ago first. */
  readonly #sources = new Map<string, Source>();
  #waiting = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Resolves when the refusal may be sent. Throws ApiError if too many wait for theirs. */
  async delay({ remote, signal }: Attempt): Promise<void> {
    const source = this.#count(remote);
    await this.#report(remote, source);
    if (this.#waiting >= LIMITS.apiLateRefusals) {
      const headers = { "Retry-After": String(Math.ceil(LIMITS.apiRefusalMs / 1_000)) };
      throw new ApiError(429, "Too many logins fail.", { headers });
    }
    const doubled = LIMITS.apiFirstRefusalMs * 2 ** Math.min(source.failures - 1, 20);
    this.#waiting++;
    try {
      await sleep(Math.min(doubled, LIMITS.apiRefusalMs), undefined, { signal, ref: false });
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      this.#waiting--;
    }
  }

  #count(remote: string): Source {
    const nowMs = performance.now();
    const known = this.#sources.get(remote);
    const isFresh = known !== undefined && nowMs - known.lastMs < LIMITS.apiForgetFailuresMs;
    const source = isFresh ? known : { failures: 0, lastMs: 0, toldMs: 0, untold: 0 };
    source.failures++;
    source.untold++;
    source.lastMs = nowMs;
    this.#sources.delete(remote);
    this.#sources.set(remote, source);
    const [oldest] = this.#sources.keys();
    if (this.#sources.size > LIMITS.apiFailedSources && oldest !== undefined) {
      this.#sources.delete(oldest);
    }
    return source;
  }

  /** One line a minute and source: whoever has no token must not be able to fill the disk. */
  async #report(remote: string, source: Source): Promise<void> {
    const nowMs = performance.now();
    if (source.toldMs !== 0 && nowMs - source.toldMs < LIMITS.apiTellFailuresMs) return;
    const failures = source.untold;
    source.toldMs = nowMs;
    source.untold = 0;
    await this.#tell(remote, failures);
  }
}

// How many interim (1xx) responses a peer may send before the final one: a few at once, and then
// at a rate. A job of hours may say 102 again and again (RFC 2518 section 10.1), while one that
// sends nothing else would keep the proxy busy for no answer.

import type { UpstreamLimits } from "./limits.ts";

/** A token bucket, on a clock of milliseconds. */
export class InterimAllowance {
  readonly #max: number;
  readonly #everyMs: number;
  #left: number;
  #countedMs: number;

  constructor({ interimsMax, interimEveryMs }: UpstreamLimits, nowMs: number) {
    this.#max = interimsMax;
    this.#everyMs = interimEveryMs;
    this.#left = interimsMax;
    this.#countedMs = nowMs;
  }

  /** False: one too many. */
  take(nowMs: number): boolean {
    const earned = (nowMs - this.#countedMs) / this.#everyMs;
    this.#countedMs = nowMs;
    this.#left = Math.min(this.#max, this.#left + earned);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

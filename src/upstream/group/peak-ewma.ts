// How long a peer takes, with the latest weighing most and a slow answer counting at once: the peak
// EWMA of Finagle and Tower. What a peer costs is that time for each request that it would have.

import { monotonicMs } from "../../base/clock.ts";

/** What is assumed of a peer that nobody has asked yet: some LAN round trips, as Linkerd has it. */
const DEFAULT_MS = 30;
/** After this time a measurement counts for a third of what it did: Linkerd's, too. */
const DECAY_MS = 10_000;
/** Failures must not look fast: one counts as this, unless it took longer. */
const FAILURE_MS = 1_000;

export class PeakEwma {
  #ms = DEFAULT_MS;
  #atMs = 0;
  readonly #now: () => number;

  /** @param now  a clock in ms that never goes back */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** Decays to nothing while nobody measures: what was slow is tried again. */
  get ms(): number {
    if (this.#atMs === 0) return DEFAULT_MS;
    return this.#ms * Math.exp((this.#atMs - this.#now()) / DECAY_MS);
  }

  add(tookMs: number, isSuccess: boolean): void {
    const sampleMs = isSuccess ? tookMs : Math.max(tookMs, FAILURE_MS);
    const nowMs = this.#now();
    if (this.#atMs === 0 || sampleMs > this.#ms) {
      this.#ms = sampleMs;
    } else {
      const kept = Math.exp((this.#atMs - nowMs) / DECAY_MS);
      this.#ms = this.#ms * kept + sampleMs * (1 - kept);
    }
    this.#atMs = nowMs;
  }
}

// How often workers ended by themselves of late: now and then is an accident, again and again is a
// proxy that had better give up.

/** Within a minute, before the proxy gives up. */
const DEATHS_MAX = 5;
const WINDOW_MS = 60_000;

export class Deaths {
  #atMs: number[] = [];

  /** Counts one more. True: that is one too many. */
  add(): boolean {
    const nowMs = performance.now();
    this.#atMs = this.#atMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    this.#atMs.push(nowMs);
    return this.#atMs.length > DEATHS_MAX;
  }
}

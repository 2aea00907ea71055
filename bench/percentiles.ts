// Percentiles of the times of many requests, in bounded memory: a count for each microsecond up to
// 100 ms, and for each millisecond beyond.

const FINE_MICROS = 100_000;
const COARSE_MICROS = 1_000;
/** Beyond 100 s all are alike: no request of a bench takes that long. */
const COARSE = 100_000;

export class Percentiles {
  readonly #fine = new Uint32Array(FINE_MICROS);
  readonly #coarse = new Uint32Array(COARSE);
  #count = 0;

  add(micros: number): void {
    if (!(micros >= 0)) return;
    this.#count++;
    if (micros < FINE_MICROS) this.#fine[Math.floor(micros)]! += 1;
    else this.#coarse[Math.min(COARSE - 1, Math.floor(micros / COARSE_MICROS))]! += 1;
  }

  summary(): { p50Ms: number; p90Ms: number; p99Ms: number; p999Ms: number } {
    return {
      p50Ms: this.#at(0.5),
      p90Ms: this.#at(0.9),
      p99Ms: this.#at(0.99),
      p999Ms: this.#at(0.999),
    };
  }

  /** In ms: so many of all took no longer. NaN: there were none. */
  #at(share: number): number {
    let left = Math.ceil(share * this.#count);
    if (left === 0) return Number.NaN;
    for (let micros = 0; micros < FINE_MICROS; micros++) {
      left -= this.#fine[micros] ?? 0;
      if (left <= 0) return micros / 1000;
    }
    for (let ms = 0; ms < COARSE; ms++) {
      left -= this.#coarse[ms] ?? 0;
      if (left <= 0) return ms;
    }
    return COARSE;
  }
}

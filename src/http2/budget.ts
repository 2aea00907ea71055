// What the other side may do for nothing: frames that move no byte, streams that are reset at once.
// A bucket that fills with time and with honest work; who empties it is a flood.

export interface BudgetSize {
  /** What may be used at once. */
  readonly burst: number;
  readonly perSecond: number;
}

export class Budget {
  readonly #size: BudgetSize;
  readonly #nowMs: () => number;
  #left: number;
  #sinceMs: number;

  /** @param nowMs  a monotonic clock, which may be coarse */
  constructor(size: BudgetSize, nowMs: () => number) {
    this.#size = size;
    this.#nowMs = nowMs;
    this.#left = size.burst;
    this.#sinceMs = nowMs();
  }

  /** Something was moved: so much more may be done. */
  earn(amount: number): void {
    this.#left = Math.min(this.#size.burst, this.#left + amount);
  }

  /** False: nothing is left. */
  spend(): boolean {
    if (--this.#left >= 0) return true;
    const nowMs = this.#nowMs();
    this.earn(((nowMs - this.#sinceMs) * this.#size.perSecond) / 1_000);
    this.#sinceMs = nowMs;
    return this.#left >= 0;
  }
}

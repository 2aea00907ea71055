// Constant load on a tenant whose script answers with `n=NUMBER`, a number that no two answers may
// share: every request must be answered so, or it counts as failed.

import { SteadyLoad } from "./steady-load.ts";

export class CountedLoad extends SteadyLoad {
  /** Numbers so far; more than once: `repeated`. */
  readonly numbers = new Set<number>();
  readonly repeated: number[] = [];
  /** Longest time that one request took, in ms. */
  longestMs = 0;
  /** What each request took, in ms. */
  readonly tookMs: number[] = [];

  /** Of the times that requests took: half of them were at most so long, or another share. */
  withinMs(share = 0.5): number {
    const sorted = this.tookMs.toSorted((one, other) => one - other);
    return Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  }

  protected override note(answer: string, tookMs: number): void {
    const [, digits] = /\r\n\r\nn=(\d+)$/.exec(answer) ?? [];
    if (digits === undefined) throw new Error(`a bad answer: ${answer}`);
    const number = Number(digits);
    if (this.numbers.has(number)) this.repeated.push(number);
    this.numbers.add(number);
    this.longestMs = Math.max(this.longestMs, tookMs);
    this.tookMs.push(tookMs);
  }
}

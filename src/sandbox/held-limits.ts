// The rate limits that one isolate knows by their numbers. No other name may get such a number
// until the isolate is gone.

import type { LimitRule } from "../wire/limits/algorithms.ts";

export interface LimitSource {
  /** Held from now on; negative: there is no room. */
  hold(name: string, rule: LimitRule): number;
  release(ids: Iterable<number>): void;
}

const NAME = /^[!-~]{1,128}$/;
/** Held by one isolate: each declaration holds its name once more. */
const HELD_MAX = 10_000;

export class HeldLimits {
  readonly #source: LimitSource | null;
  readonly #ids: number[] = [];
  #isOver = false;

  constructor(source: LimitSource | null) {
    this.#source = source;
  }

  /** @param given  as the script's runtime gives it: anything */
  readonly of = (...given: unknown[]): number => {
    const [name, ...numbers] = given;
    const [algorithm = 0, limit = 0, windowMs = 0, burst = 0] = numbers.map(wordOf);
    const isKnown = typeof name === "string" && NAME.test(name) && algorithm <= 3;
    const hasRule = Math.min(algorithm, limit, windowMs, burst) > 0;
    const hasRoom = !this.#isOver && this.#ids.length < HELD_MAX;
    if (this.#source === null || !isKnown || !hasRule || !hasRoom) return -1;
    const id = this.#source.hold(name, { algorithm, limit, windowMs, burst });
    if (id > 0) this.#ids.push(id);
    return id;
  };

  /** Nothing runs in the isolate any more. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source?.release(this.#ids);
  }
}

/** 0: it is none. */
const wordOf = (value: unknown): number =>
  typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0x7fffffff
    ? value
    : 0;

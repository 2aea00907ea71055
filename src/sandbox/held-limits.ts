// The limits that one isolate knows by their numbers: no other name may get such a number until the
// isolate is gone. And what its requests hold of those in flight, until a frame says whose it is.

import type { HeldKey, Hold } from "../state/limit-holds.ts";
import { ALGORITHMS, type LimitRule } from "../wire/limits/algorithms.ts";
import { UntoldHolds } from "./untold-holds.ts";

export interface LimitSource {
  /** Held from now on; negative: there is no room. */
  hold(name: string, rule: LimitRule): number;
  release(ids: Iterable<number>): void;
  /** Null: as many are in flight as may be. */
  enter(key: HeldKey, limit: number): Hold | null;
}

const NAME = /^[!-~]{1,128}$/;
/** Held by one isolate: each declaration holds its name once more. */
const HELD_MAX = 10_000;

export class HeldLimits {
  readonly untold = new UntoldHolds();
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
    const isKnown = typeof name === "string" && NAME.test(name) && algorithm <= ALGORITHMS;
    const hasRule = Math.min(algorithm, limit, windowMs, burst) > 0;
    const hasRoom = !this.#isOver && this.#ids.length < HELD_MAX;
    if (this.#source === null || !isKnown || !hasRule || !hasRoom) return -1;
    const id = this.#source.hold(name, { algorithm, limit, windowMs, burst });
    if (id > 0) this.#ids.push(id);
    return id;
  };

  /** 1: the running call's request holds the key from now on; 0: it may not. */
  readonly enter = (...given: unknown[]): number => {
    const [id = 0, limit = 0] = given.slice(0, 2).map(wordOf);
    const [low, high] = given.slice(2).map(halfOf);
    const isKnown = !this.#isOver && limit > 0 && this.#ids.includes(id);
    if (this.#source === null || !isKnown || low === undefined || high === undefined) return 0;
    const hold = this.#source.enter({ id, low, high }, limit);
    if (hold !== null) this.untold.add(hold);
    return hold === null ? 0 : 1;
  };

  /** Nothing runs in the isolate any more. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.untold.release();
    this.#source?.release(this.#ids);
  }
}

/** 0: it is none. */
const wordOf = (value: unknown): number =>
  typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0x7fffffff
    ? value
    : 0;

/** Of a hash. */
const halfOf = (value: unknown): number => (typeof value === "number" ? value | 0 : 0);

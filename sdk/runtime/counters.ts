// Counters: 64-bit atomics in memory that every worker shares. An increment is one instruction
// and no host call; the slot of a name is asked of the host once for each isolate.

import {
  atomicAdd as add,
  atomicCompareExchange as exchange,
  atomicLoad as load,
  atomicStore as store,
} from "../../src/wire/atomics.ts";
import { type Label, seriesText } from "../../src/wire/series.ts";
import { learnt, SOURCE } from "./learnt.ts";
import { limits, port } from "./port.ts";
import { familyOf, type LabelOptions, type Labels, type LabelValues } from "./series.ts";

const counts = new BigInt64Array(port.counters);
const isSafe = Number.isSafeInteger;
const big = BigInt;
const toNumber = Number;
const apply = Reflect.apply;
const exec = RegExp.prototype.exec;

/** What the host says in place of a slot. */
const OVER_LIMIT = -2;
const NAME = /^[!-~]{1,128}$/;
const TOO_LARGE = "a counter cannot pass 2^53 - 1";

/** A count that all workers share and that outlives deployments. Every operation is atomic. */
export interface Counter {
  /** Adds `by` (default 1, may be negative) and returns the new value. */
  incr(by?: number): number;
  get(): number;
  set(value: number): void;
  /** Stores `next` if the value is `expected`; returns the value that was there. */
  compareExchange(expected: number, next: number): number;
}

export interface LabelledCounter<L extends Labels> {
  /** The counter of these values. Throws RangeError for one that was not declared. */
  labels(values: LabelValues<L>): Counter;
}

/**
 * The tenant's counter of that name: 1 to 128 printable ASCII characters. Make it once, at the
 * top of the script. Throws TypeError for a bad name, RangeError when the tenant has too many
 * counters. With `labels` there is one for each combination of their values, which are all
 * declared here: `counter("answers", { labels: { plan: ["free", "pro"] } })`.
 */
export function counter(name: string): Counter;
export function counter<const L extends Labels>(
  name: string,
  options: LabelOptions<L>,
): LabelledCounter<L>;
export function counter(
  name: string,
  options?: LabelOptions<Labels>,
): Counter | LabelledCounter<Labels> {
  if (options === undefined) return counterOf(name);
  const make = (labels: readonly Label[]): Counter => counterOf(seriesText(name, labels, ""));
  const title = `counter ${name}`;
  return Object.freeze({ labels: familyOf({ title, name, ...options, weight: 1, make }) });
}

/** One counter, with or without labels in its name. */
export function counterOf(name: string): Counter {
  if (typeof name !== "string" || apply(exec, NAME, [name]) === null) {
    throw new TypeError("counter: expected a name of 1 to 128 printable ASCII characters");
  }
  const slot = port.slotOf(name);
  if (slot === OVER_LIMIT) {
    const most = `${limits.counters} (limits.counters)`;
    throw new RangeError(`counter ${name}: the tenant has as many as it may have, ${most}`);
  }
  if (slot < 0) throw new RangeError(`counter ${name}: there is no room for more counters`);
  return Object.freeze(makeCounter(name, slot));
}

function makeCounter(name: string, slot: number): Counter {
  return {
    incr(by = 1) {
      const step = by === 1 ? 1n : big(whole(by));
      const next = toNumber(add(counts, slot, step) + step);
      if (isSafe(next)) return learnt(SOURCE.counter, name, next);
      add(counts, slot, -step);
      throw new RangeError(TOO_LARGE);
    },
    get: () => learnt(SOURCE.counter, name, toNumber(load(counts, slot))),
    set(value) {
      store(counts, slot, big(whole(value)));
    },
    compareExchange(expected, next) {
      const before = exchange(counts, slot, big(whole(expected)), big(whole(next)));
      return learnt(SOURCE.counter, name, toNumber(before));
    },
  };
}

function whole(value: number): number {
  if (isSafe(value)) return value;
  throw new RangeError(`expected a whole number up to 2^53 - 1, got ${typeof value} ${value}`);
}

// Counters: 64-bit atomics in memory that every worker shares. An increment is one instruction
// and no host call; the slot of a name is asked of the host once for each isolate.

import {
  atomicAdd as add,
  atomicCompareExchange as exchange,
  atomicLoad as load,
  atomicStore as store,
} from "../../src/wire/atomics.ts";
import {
  CLUSTER_WEIGHT,
  declareScope,
  othersName,
  ownName,
  type Scope,
} from "../../src/wire/scopes.ts";
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

/**
 * A count of all proxies that share a PostgreSQL. Each counts by itself, at once and exactly, and
 * hears of what the others have counted within seconds: so its value is none that nobody else got,
 * and nothing can depend on what it is at this moment at all of them.
 */
export interface ClusterCounter {
  /** Adds `by` (default 1, may be negative) and returns the new value, as this proxy knows it. */
  incr(by?: number): number;
  get(): number;
}

export interface LabelledCounter<L extends Labels, C = Counter> {
  /** The counter of these values. Throws RangeError for one that was not declared. */
  labels(values: LabelValues<L>): C;
}

/** For whom it counts: `node`, this proxy, or `cluster`, all that share a PostgreSQL. */
interface OfScope<S extends Scope> {
  readonly scope: S;
}

/**
 * The tenant's counter of that name: 1 to 128 printable ASCII characters. Make it once, at the
 * top of the script. Throws TypeError for a bad name, RangeError when the tenant has too many
 * counters. With `labels` there is one for each combination of their values, which are all
 * declared here: `counter("answers", { labels: { plan: ["free", "pro"] } })`. With
 * `scope: "cluster"` it counts for all proxies that share a PostgreSQL.
 */
export function counter(name: string, options?: OfScope<"node">): Counter;
export function counter(name: string, options: OfScope<"cluster">): ClusterCounter;
export function counter<const L extends Labels>(
  name: string,
  options: LabelOptions<L> & Partial<OfScope<"node">>,
): LabelledCounter<L>;
export function counter<const L extends Labels>(
  name: string,
  options: LabelOptions<L> & OfScope<"cluster">,
): LabelledCounter<L, ClusterCounter>;
export function counter(
  name: string,
  options?: Partial<LabelOptions<Labels> & OfScope<Scope>>,
): ClusterCounter | LabelledCounter<Labels, ClusterCounter> {
  checkName(name);
  const title = `counter ${name}`;
  const scope = declareScope({ name, what: title, scopes }, options?.scope);
  const of = scope === "node" ? counterOf : clusterCounterOf;
  if (options === undefined) return of(name);
  const { labels } = options;
  if (labels === undefined && options.scope !== undefined) return of(name);
  const make = (pairs: readonly Label[]): ClusterCounter => of(seriesText(name, pairs, ""));
  const weight = scope === "node" ? 1 : CLUSTER_WEIGHT;
  return Object.freeze({ labels: familyOf({ title, name, labels, weight, make }) });
}

/** By name: what it was declared with first. */
const scopes: Record<string, Scope> = Object.create(null);

function checkName(name: unknown): asserts name is string {
  if (typeof name === "string" && apply(exec, NAME, [name]) !== null) return;
  throw new TypeError("counter: expected a name of 1 to 128 printable ASCII characters");
}

/** One counter, with or without labels in its name. */
export function counterOf(name: string): Counter {
  checkName(name);
  return Object.freeze(makeCounter(name, slotOf(name, name)));
}

function clusterCounterOf(name: string): ClusterCounter {
  checkName(name);
  const own = slotOf(name, ownName(name));
  return Object.freeze(makeClusterCounter(name, own, slotOf(name, othersName(name))));
}

/** @param kept  the name that it has in memory */
function slotOf(name: string, kept: string): number {
  const slot = port.slotOf(kept);
  if (slot === OVER_LIMIT) {
    const most = `${limits.counters} (limits.counters)`;
    throw new RangeError(`counter ${name}: the tenant has as many as it may have, ${most}`);
  }
  if (slot < 0) throw new RangeError(`counter ${name}: there is no room for more counters`);
  return slot;
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

function makeClusterCounter(name: string, own: number, others: number): ClusterCounter {
  return {
    incr(by = 1) {
      const step = by === 1 ? 1n : big(whole(by));
      const next = toNumber(add(counts, own, step) + step + load(counts, others));
      if (isSafe(next)) return learnt(SOURCE.counter, name, next);
      add(counts, own, -step);
      throw new RangeError(TOO_LARGE);
    },
    get: () => learnt(SOURCE.counter, name, toNumber(load(counts, own) + load(counts, others))),
  };
}

function whole(value: number): number {
  if (isSafe(value)) return value;
  throw new RangeError(`expected a whole number up to 2^53 - 1, got ${typeof value} ${value}`);
}

// Histograms: a counter for each bucket, and one for the sum. An observation is two atomic
// additions in memory that every worker shares, and no host call.

import { BUCKETS_MAX, FAMILY_NAME, type Label, seriesText } from "../../src/wire/series.ts";
import { type Counter, counterOf } from "./counters.ts";
import { arrayIsArray, mathRound, regexpExec } from "./primordials.ts";
import { familyOf, type LabelOptions, type Labels, type LabelValues } from "./series.ts";

/** How values are distributed: a count for each bucket, and their sum. */
export interface Histogram {
  /**
   * Counts a value of 0 or more in the first bucket whose bound it does not exceed. The sum is of
   * whole numbers: a fraction is rounded for it.
   */
  observe(value: number): void;
}

export interface LabelledHistogram<L extends Labels> {
  /** The histogram of these values. Throws RangeError for one that was not declared. */
  labels(values: LabelValues<L>): Histogram;
}

export interface HistogramOptions {
  /** Upper bounds, ascending, at most 32; values beyond the last are counted too. */
  readonly buckets: readonly number[];
}

/**
 * The tenant's histogram of that name. Make it once, at the top of the script. Each of its buckets
 * is one of `limits.counters`, and so is its sum, for each of its series.
 */
export function histogram(name: string, options: HistogramOptions): Histogram;
export function histogram<const L extends Labels>(
  name: string,
  options: HistogramOptions & LabelOptions<L>,
): LabelledHistogram<L>;
export function histogram(
  name: string,
  options: HistogramOptions & Partial<LabelOptions<Labels>>,
): Histogram | LabelledHistogram<Labels> {
  if (typeof name !== "string" || regexpExec(FAMILY_NAME, name) === null) {
    throw new TypeError("histogram: expected a name of 1 to 64 of A-Z a-z 0-9 _ . : -");
  }
  const title = `histogram ${name}`;
  const bounds = boundsOf(title, options?.buckets);
  const make = (labels: readonly Label[]): Histogram => makeHistogram(name, bounds, labels);
  const { labels } = options;
  if (labels === undefined) return make([]);
  const weight = bounds.length + 2;
  return Object.freeze({ labels: familyOf({ title, name, labels, weight, make }) });
}

function makeHistogram(
  name: string,
  bounds: readonly number[],
  labels: readonly Label[],
): Histogram {
  const buckets: Counter[] = [];
  for (let i = 0; i <= bounds.length; i++) {
    buckets[i] = counterOf(seriesText(name, labels, i < bounds.length ? `${bounds[i]}` : "+Inf"));
  }
  const sum = counterOf(seriesText(name, labels, "sum"));
  return Object.freeze({
    observe(value: number): void {
      if (typeof value !== "number" || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
        const expected = "expected a number from 0 to 2^53 - 1";
        throw new RangeError(`histogram ${name}: ${expected}, got ${typeof value} ${value}`);
      }
      let bucket = 0;
      while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
      (buckets[bucket] as Counter).incr();
      sum.incr(mathRound(value));
    },
  });
}

/** A copy: nobody changes it later. */
function boundsOf(title: string, given: unknown): readonly number[] {
  if (!arrayIsArray(given) || given.length === 0 || given.length > BUCKETS_MAX) {
    throw new TypeError(`${title}: expected buckets of 1 to ${BUCKETS_MAX} upper bounds`);
  }
  const bounds: number[] = [];
  for (let i = 0; i < given.length; i++) {
    const bound = given[i];
    const isAbove = typeof bound === "number" && bound > (bounds[i - 1] ?? 0);
    if (!isAbove || bound > Number.MAX_SAFE_INTEGER) {
      throw new TypeError(`${title}: expected buckets that ascend from above 0, got ${bound}`);
    }
    bounds[i] = bound;
  }
  return bounds;
}

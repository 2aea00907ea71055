// Adds up what several threads counted, series by series.

import type { MetricName } from "./metric-table.ts";
import { type MetricsSnapshot, OTHER, type SeriesSnapshot } from "./metrics.ts";

/** By their labels. */
export type Family = Map<string, SeriesSnapshot>;

export class SeriesSums {
  readonly families = new Map<MetricName, Family>();
  readonly #most: number;

  /** @param most  series of one metric: the rest count as one. Left out: as many as there are */
  constructor(most = Infinity) {
    this.#most = most;
  }

  add(snapshot: MetricsSnapshot): void {
    for (const series of snapshot) addValues(this.#of(series), series.values);
  }

  /** A copy. */
  snapshot(): MetricsSnapshot {
    return [...this.families.values()].flatMap((family) =>
      [...family.values()].map((series) => ({ ...series, values: series.values.slice() })),
    );
  }

  #of({ name, labels, key: own, values }: SeriesSnapshot): Float64Array {
    const family: Family = this.families.get(name) ?? new Map();
    this.families.set(name, family);
    const found = family.get(own);
    if (found !== undefined) return found.values;
    const isFull = family.size >= this.#most;
    const kept = isFull ? labels.map(() => OTHER) : labels;
    const key = isFull ? JSON.stringify(kept) : own;
    const sums = family.get(key)?.values ?? new Float64Array(values.length);
    family.set(key, { name, labels: kept, key, values: sums });
    return sums;
  }
}

function addValues(sums: Float64Array, values: Float64Array): void {
  for (let at = 0; at < values.length; at++) sums[at] = (sums[at] ?? 0) + (values[at] ?? 0);
}

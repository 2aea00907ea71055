// The metrics of one thread: numbers in typed arrays behind handles. A handle is resolved once,
// where something starts (a worker, a tenant, a peer); the hot path only adds to it (8 ns a
// counter, 20 a histogram, nothing allocated). Text is made elsewhere, on a scrape:
// prometheus.ts.

import { LIMITS } from "../base/limits.ts";
import {
  type COUNTERS,
  type CounterName,
  type GAUGES,
  type GaugeName,
  HISTOGRAMS,
  type HistogramName,
  type LabelValues,
  type MetricName,
} from "./metric-table.ts";

/** What one series counted; can be posted from a worker to the main thread. */
export interface SeriesSnapshot {
  readonly name: MetricName;
  readonly labels: readonly string[];
  /** The same for equal labels: they as JSON. */
  readonly key: string;
  /** One value; or for a histogram its buckets (each alone, infinity last), then the sum. */
  readonly values: Float64Array;
}

export type MetricsSnapshot = readonly SeriesSnapshot[];

export class Counter {
  readonly #cells: Float64Array;

  constructor(cells: Float64Array) {
    this.#cells = cells;
  }

  add(amount = 1): void {
    this.#cells[0]! += amount;
  }

  /** @param total  what somebody else has counted, from the start on */
  reach(total: number): void {
    this.#cells[0] = total;
  }
}

export class Gauge {
  readonly #cells: Float64Array;

  constructor(cells: Float64Array) {
    this.#cells = cells;
  }

  add(amount: number): void {
    this.#cells[0]! += amount;
  }

  set(value: number): void {
    this.#cells[0] = value;
  }
}

export class Histogram {
  readonly #cells: Float64Array;
  readonly #bounds: Float64Array;

  constructor(cells: Float64Array, bounds: Float64Array) {
    this.#cells = cells;
    this.#bounds = bounds;
  }

  /** @param value in the unit of the metric's name: seconds, mostly */
  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#cells[bucket]! += 1;
    this.#cells[bounds.length + 1]! += value;
  }
}

/** In place of each label, where a metric has as many series as it may have. */
export const OTHER = "other";

export class Metrics {
  readonly #series = new Map<MetricName, Map<string, SeriesSnapshot>>();
  readonly #bounds = new Map<HistogramName, Float64Array>();

  counter<N extends CounterName>(
    name: N,
    ...labels: LabelValues<(typeof COUNTERS)[N]["labels"]>
  ): Counter {
    return new Counter(this.#cells(name, labels, 1));
  }

  gauge<N extends GaugeName>(name: N, ...labels: LabelValues<(typeof GAUGES)[N]["labels"]>): Gauge {
    return new Gauge(this.#cells(name, labels, 1));
  }

  histogram<N extends HistogramName>(
    name: N,
    ...labels: LabelValues<(typeof HISTOGRAMS)[N]["labels"]>
  ): Histogram {
    let bounds = this.#bounds.get(name);
    if (bounds === undefined) {
      bounds = Float64Array.from(HISTOGRAMS[name].bounds);
      this.#bounds.set(name, bounds);
    }
    return new Histogram(this.#cells(name, labels, bounds.length + 2), bounds);
  }

  /** What a gauge had: of whatever is gone nothing is set again. */
  clear(name: GaugeName | CounterName): void {
    this.#series.delete(name);
  }

  /** A copy of all that was counted. */
  snapshot(): MetricsSnapshot {
    return [...this.#series.values()].flatMap((family) =>
      [...family.values()].map((series) => ({ ...series, values: series.values.slice() })),
    );
  }

  // The same labels always give the same cells; past the bound, all labels count as one series.
  #cells(name: MetricName, labels: readonly string[], size: number): Float64Array {
    const family = this.#series.get(name) ?? new Map<string, SeriesSnapshot>();
    this.#series.set(name, family);
    const own = labels.map((label) => label.slice(0, LIMITS.metricLabelChars).toWellFormed());
    const found = family.get(JSON.stringify(own));
    if (found !== undefined) return found.values;
    const kept = family.size < LIMITS.metricSeries ? own : labels.map(() => OTHER);
    const key = JSON.stringify(kept);
    const values = family.get(key)?.values ?? new Float64Array(size);
    family.set(key, { name, labels: kept, key, values });
    return values;
  }
}

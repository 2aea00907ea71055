// What threads that have ended had counted. It stays in all sums: a sum that falls is a restart for
// Prometheus, and when it has come up again, a burst. What they had at the moment (gauges) is gone
// with them.

import { LIMITS } from "../base/limits.ts";
import { COUNTERS, type Declaration, GAUGES, HISTOGRAMS } from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";
import { SeriesSums } from "./series-sums.ts";

export class EndedCounts {
  readonly #sums = new SeriesSums(LIMITS.metricSeries);
  /** Tenants that are no more: a thread that ends later may bring what it had counted for them. */
  readonly #forgotten = new Set<string>();

  /** @param last  what the thread said last */
  add(last: MetricsSnapshot): void {
    this.#sums.add(countsIn(last));
  }

  /** A copy: more may end while somebody waits for those that live. */
  snapshot(): MetricsSnapshot {
    return this.#sums.snapshot();
  }

  /** A tenant is no more: what it had counted goes when no thread has any of it. */
  forget(tenant: string): void {
    // no thread counts for more of them by name
    if (this.#forgotten.size < LIMITS.metricSeries) this.#forgotten.add(tenant);
  }

  /**
   * Returns the names of which there was something here, and is nothing anywhere any more.
   *
   * @param live  what all threads have that live
   * @param names  of tenants that serve: one may have the name of another that is no more
   */
  drop(live: readonly MetricsSnapshot[], names: ReadonlySet<string>): string[] {
    if (this.#forgotten.size === 0 || this.#sums.families.size === 0) return [];
    const counted = new Set<string | undefined>();
    for (const all of live) for (const { labels } of all) counted.add(labels[0]);
    const isGone = (tenant: string): boolean => !counted.has(tenant) && !names.has(tenant);
    const gone = new Set([...this.#forgotten].filter(isGone));
    for (const tenant of gone) this.#forgotten.delete(tenant);
    return gone.size === 0 ? [] : [...this.#deleteOf(gone)];
  }

  /** In one pass: there may be thousands of both. */
  #deleteOf(tenants: ReadonlySet<string>): Set<string> {
    const found = new Set<string>();
    for (const [name, family] of this.#sums.families) {
      if (COUNTED[name]?.labels[0] !== "tenant") continue;
      for (const [key, { labels }] of family) {
        const [tenant = ""] = labels;
        if (!tenants.has(tenant)) continue;
        family.delete(key);
        found.add(tenant);
      }
    }
    return found;
  }
}

/** Without gauges. */
export const countsIn = (snapshot: MetricsSnapshot): MetricsSnapshot =>
  snapshot.filter(({ name }) => !(name in GAUGES));

const COUNTED: Readonly<Record<string, Declaration>> = { ...COUNTERS, ...HISTOGRAMS };

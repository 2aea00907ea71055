// What threads that have ended had counted. It stays in all sums: a sum that falls is a restart for
// Prometheus, and when it has come up again, a burst. What they had at the moment (gauges) is gone
// with them.

import { LIMITS } from "../base/limits.ts";
import { COUNTERS, type Declaration, GAUGES, HISTOGRAMS } from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";
import { SeriesSums } from "./series-sums.ts";

export class EndedCounts {
  readonly #sums = new SeriesSums(LIMITS.metricSeries);
  /** Of tenants that are no more; only those that have something here. */
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
    if (this.#keysOf(tenant).next().done !== true) this.#forgotten.add(tenant);
  }

  /**
   * Returns the names of which there is nothing any more.
   *
   * @param live  what all threads have that live
   * @param names  of tenants that serve: one may have the name of another that is no more
   */
  drop(live: readonly MetricsSnapshot[], names: ReadonlySet<string>): string[] {
    if (this.#forgotten.size === 0) return [];
    const counted = new Set(live.flatMap((all) => all.map(({ labels: [tenant] }) => tenant)));
    const isGone = (tenant: string): boolean => !counted.has(tenant) && !names.has(tenant);
    const dropped = [...this.#forgotten].filter(isGone);
    for (const tenant of dropped) {
      this.#forgotten.delete(tenant);
      for (const [family, key] of this.#keysOf(tenant)) family.delete(key);
    }
    return dropped;
  }

  *#keysOf(tenant: string): Generator<[family: Map<string, unknown>, key: string]> {
    for (const [name, family] of this.#sums.families) {
      if (COUNTED[name]?.labels[0] !== "tenant") continue;
      for (const [key, { labels }] of family) if (labels[0] === tenant) yield [family, key];
    }
  }
}

/** Without gauges. */
export const countsIn = (snapshot: MetricsSnapshot): MetricsSnapshot =>
  snapshot.filter(({ name }) => !(name in GAUGES));

const COUNTED: Readonly<Record<string, Declaration>> = { ...COUNTERS, ...HISTOGRAMS };

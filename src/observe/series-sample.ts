// What the rings of series.ts are filled with, taken from what the threads count for Prometheus.

import { HISTOGRAMS } from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";
import type { Counted, Sample } from "./series.ts";
import { isFailure } from "./usage.ts";

const WHOLE = "sluice_request_duration_seconds";
const OF_TENANT = "sluice_tenant_request_duration_seconds";

const boundsMsOf = (name: typeof WHOLE | typeof OF_TENANT): readonly number[] =>
  HISTOGRAMS[name].bounds.map((seconds) => seconds * 1_000);

const WHOLE_BOUNDS_MS = boundsMsOf(WHOLE);
const TENANT_BOUNDS_MS = boundsMsOf(OF_TENANT);

interface Sums {
  requests: number;
  errors: number;
  scriptMs: number;
  readonly durations: number[];
}

/** @param names  of tenants that serve: what is counted of others is the whole proxy's alone */
export function sampleOf(
  snapshots: readonly MetricsSnapshot[],
  names: ReadonlySet<string>,
): Sample {
  const whole = noSums(WHOLE_BOUNDS_MS);
  const tenants = new Map([...names].map((name) => [name, noSums(TENANT_BOUNDS_MS)]));
  const others = new Set<string>();
  for (const { name, labels, values } of snapshots.flat()) {
    const [label = "", status = ""] = labels;
    const own = tenants.get(label);
    const value = values[0] ?? 0;
    if (name === WHOLE) addBuckets(whole.durations, values);
    else if (name === OF_TENANT && own !== undefined) addBuckets(own.durations, values);
    else if (name === "sluice_requests_total") {
      for (const sums of own === undefined ? [whole] : [whole, own]) {
        sums.requests += value;
        if (isFailure(status)) sums.errors += value;
      }
      if (own === undefined) others.add(label);
    } else if (name === "sluice_tenant_script_seconds_total") {
      whole.scriptMs += value * 1_000;
      if (own !== undefined) own.scriptMs += value * 1_000;
    }
  }
  const counted: ReadonlyMap<string, Counted> = tenants;
  return {
    whole,
    wholeBoundsMs: WHOLE_BOUNDS_MS,
    tenants: counted,
    others,
    tenantBoundsMs: TENANT_BOUNDS_MS,
  };
}

const noSums = (boundsMs: readonly number[]): Sums => ({
  requests: 0,
  errors: 0,
  scriptMs: 0,
  durations: new Array<number>(boundsMs.length + 1).fill(0),
});

function addBuckets(sums: number[], values: Float64Array): void {
  for (let bucket = 0; bucket < sums.length; bucket++) {
    sums[bucket] = (sums[bucket] ?? 0) + (values[bucket] ?? 0);
  }
}

// What a tenant has used, added up from what the threads counted.

import type { CounterName } from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";

export interface Usage {
  readonly requests: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Time in turns of its script, in ms. */
  readonly scriptMs: number;
  readonly hostCalls: number;
}

export function usageOf(tenant: string, snapshots: readonly MetricsSnapshot[]): Usage {
  const sums = new Map<string, number>();
  for (const { name, labels, values } of snapshots.flat()) {
    if (labels[0] === tenant) sums.set(name, (sums.get(name) ?? 0) + (values[0] ?? 0));
  }
  const sum = (name: CounterName): number => sums.get(name) ?? 0;
  return {
    requests: sum("sluice_requests_total"),
    bytesReceived: sum("sluice_tenant_received_bytes_total"),
    bytesSent: sum("sluice_tenant_sent_bytes_total"),
    scriptMs: Math.round(sum("sluice_tenant_script_seconds_total") * 1e6) / 1e3,
    hostCalls: sum("sluice_tenant_host_calls_total"),
  };
}

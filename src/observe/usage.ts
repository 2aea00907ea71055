// What tenants have used, added up from what the threads counted.

import type { CounterName } from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";

export interface Usage {
  readonly requests: number;
  /** Requests whose answer was a 5xx, or that got none. */
  readonly errors: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Time in turns of its script, in ms. */
  readonly scriptMs: number;
  readonly hostCalls: number;
  /** Of its script, in the log. */
  readonly logBytes: number;
}

/** By tenant; who has used nothing yet is not there. */
export function usageByTenant(snapshots: readonly MetricsSnapshot[]): ReadonlyMap<string, Usage> {
  const sums = new Map<string, Sums>();
  for (const { name, labels, values } of snapshots.flat()) {
    const [tenant = "", status = ""] = labels;
    const own = sums.get(tenant) ?? new Map();
    sums.set(tenant, own);
    const value = values[0] ?? 0;
    own.set(name, (own.get(name) ?? 0) + value);
    if (name === REQUESTS && isFailure(status)) own.set(ERRORS, (own.get(ERRORS) ?? 0) + value);
  }
  return new Map([...sums].map(([tenant, own]) => [tenant, usageOf(own)]));
}

const REQUESTS = "sluice_requests_total";
/** No metric: a part of one. */
const ERRORS = "errors";

type Sums = Map<string, number>;

export const isFailure = (status: string): boolean => status === "0" || status.startsWith("5");

function usageOf(sums: Sums): Usage {
  const sum = (name: CounterName | typeof ERRORS): number => sums.get(name) ?? 0;
  return {
    requests: sum("sluice_requests_total"),
    errors: sum(ERRORS),
    bytesReceived: sum("sluice_tenant_received_bytes_total"),
    bytesSent: sum("sluice_tenant_sent_bytes_total"),
    scriptMs: Math.round(sum("sluice_tenant_script_seconds_total") * 1e6) / 1e3,
    hostCalls: sum("sluice_tenant_host_calls_total"),
    logBytes: sum("sluice_tenant_log_bytes_total"),
  };
}

/** What was used since `before`. */
export const usedSince = (before: Usage, now: Usage): Usage => ({
  requests: now.requests - before.requests,
  errors: now.errors - before.errors,
  bytesReceived: now.bytesReceived - before.bytesReceived,
  bytesSent: now.bytesSent - before.bytesSent,
  scriptMs: Math.round((now.scriptMs - before.scriptMs) * 1e3) / 1e3,
  hostCalls: now.hostCalls - before.hostCalls,
  logBytes: now.logBytes - before.logBytes,
});

export const NO_USAGE: Usage = usageOf(new Map());

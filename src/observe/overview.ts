// The few figures that show the state of a proxy, taken from all that its threads count: for
// `sluice status`.

import { type GaugeName, HISTOGRAMS } from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";
import { NO_USAGE, type Usage, usageByTenant } from "./usage.ts";

export interface Overview {
  /** Since the process began. */
  readonly totals: Usage;
  /** Times of requests since then: `counts` has one entry more than `bounds`, without an end. */
  readonly durations: { readonly boundsMs: readonly number[]; readonly counts: readonly number[] };
  readonly connections: number;
  readonly requestsActive: number;
  readonly cells: number;
  readonly isolates: number;
  /** Lines of the log that were lost. */
  readonly logDropped: number;
  /** Clients' connections that were closed unanswered in the last minute, for want of room. */
  readonly clientsClosed: number;
  /** Versions that no request runs, times workers, by tenant. */
  readonly breakersOpen: ReadonlyMap<string, number>;
  /** Seconds since the epoch, by name of the certificate. */
  readonly certificates: ReadonlyMap<string, number>;
}

const DURATIONS = "sluice_request_duration_seconds";

/** @param closedBefore  what `clientsClosedIn` was a minute ago */
export function overviewOf(snapshots: readonly MetricsSnapshot[], closedBefore: number): Overview {
  const all = snapshots.flat();
  const sum = (name: GaugeName | "sluice_log_dropped_total"): number =>
    all.reduce((total, one) => total + (one.name === name ? (one.values[0] ?? 0) : 0), 0);
  const { bounds } = HISTOGRAMS[DURATIONS];
  const counts = [...bounds, Number.POSITIVE_INFINITY].map((_, bucket) =>
    all.reduce((total, { name, values }) => {
      return total + (name === DURATIONS ? (values[bucket] ?? 0) : 0);
    }, 0),
  );
  const byLabel = (gauge: GaugeName): Map<string, number> => {
    const values = new Map<string, number>();
    for (const { name, labels, values: cells } of all) {
      const [label = ""] = labels;
      if (name === gauge) values.set(label, (values.get(label) ?? 0) + (cells[0] ?? 0));
    }
    return values;
  };
  return {
    totals: [...usageByTenant(snapshots).values()].reduce(added, NO_USAGE),
    durations: { boundsMs: bounds.map((seconds) => seconds * 1000), counts },
    connections: sum("sluice_connections"),
    requestsActive: sum("sluice_requests_active"),
    cells: sum("sluice_cells"),
    isolates: sum("sluice_isolates"),
    logDropped: sum("sluice_log_dropped_total"),
    clientsClosed: Math.max(0, clientsClosedIn(snapshots) - closedBefore),
    breakersOpen: byLabel("sluice_tenant_breakers_open"),
    certificates: expiries(all),
  };
}

const CLOSED = "sluice_client_connections_dropped_total";

/** Since the start; what one client alone has too many of is its own affair. */
export const clientsClosedIn = (snapshots: readonly MetricsSnapshot[]): number =>
  snapshots
    .flat()
    .filter(
      ({ name, labels: [reason] }) => name === CLOSED && /^(?:full|overload)$/.test(reason ?? ""),
    )
    .reduce((sum, { values }) => sum + (values[0] ?? 0), 0);

/** Of several for one name, the one that expires first. */
function expiries(all: MetricsSnapshot): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, labels, values } of all) {
    if (name !== "sluice_certificate_expiry_seconds") continue;
    const [certificate = ""] = labels;
    const atS = Math.min(found.get(certificate) ?? Number.POSITIVE_INFINITY, values[0] ?? 0);
    found.set(certificate, atS);
  }
  return found;
}

const added = (one: Usage, two: Usage): Usage => ({
  requests: one.requests + two.requests,
  errors: one.errors + two.errors,
  bytesReceived: one.bytesReceived + two.bytesReceived,
  bytesSent: one.bytesSent + two.bytesSent,
  scriptMs: one.scriptMs + two.scriptMs,
  hostCalls: one.hostCalls + two.hostCalls,
  logBytes: one.logBytes + two.logBytes,
});

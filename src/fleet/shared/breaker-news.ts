// Writes a change of a circuit breaker to log and metrics. The breakers of versions and those of
// tenants' processes have the same names there.

import type { BreakerState } from "../../base/breaker.ts";
import { nameOfIdentity } from "../../base/identity.ts";
import type { LineLogger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";

export interface BreakerNews {
  /** Its name or its identity. */
  readonly tenant: string;
  /** Null: it is the one of the tenant's processes. */
  readonly deployment: string | null;
  readonly state: BreakerState;
}

interface Surroundings {
  readonly logger: LineLogger;
  readonly metrics: Metrics;
}

export function breakerChanged(
  { tenant: id, deployment, state }: BreakerNews,
  { logger, metrics }: Surroundings,
): void {
  const tenant = nameOfIdentity(id);
  const of = deployment === null ? "processes" : "version";
  metrics.counter("sluice_breaker_changes_total", tenant, of, state).add();
  const level = state === "open" || state === "disabled" ? "error" : "info";
  const fields = { tenant, ...(deployment === null ? {} : { deployment }), breaker: state };
  const whose = deployment === null ? "the tenant's processes" : "the script";
  logger[level](fields, `the circuit breaker of ${whose} is ${state}`);
}

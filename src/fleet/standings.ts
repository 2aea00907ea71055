// What becomes of a version that fares badly: its breaker is seen in log and metrics, and one that
// is disabled is a deployment without an isolate.

import type { TenantConfig } from "../base/config/types.ts";
import type { LineLogger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Deployment } from "../phases/deployment.ts";
import { type BreakerState, Standing } from "../phases/standing.ts";
import type { ScriptBundle } from "./messages.ts";

interface Begin {
  readonly tenant: TenantConfig;
  readonly bundle: ScriptBundle;
}

/** One that nobody may run: it has no isolate. */
export function disabledDeployment({ tenant, bundle }: Begin): Deployment {
  const none = (): void => undefined;
  return {
    tenant: tenant.name,
    name: bundle.deployment,
    hooks: 0,
    bodies: { request: 0, response: 0 },
    lane: { submit: () => 0, cancel: () => "", dispose: none },
    failOpen: tenant.onScriptError === "fail-open",
    standing: Standing.disabled(),
    mapStack: (stack) => stack,
    redact: (text) => text,
    log: none,
    observe: none,
    countFailure: none,
  };
}

export function breakerObserver(
  { tenant: { name: tenant }, bundle: { deployment } }: Begin,
  { logger, metrics }: { readonly logger: LineLogger; readonly metrics: Metrics },
): (state: BreakerState) => void {
  return (breaker) => {
    metrics.counter("sluice_breaker_changes_total", tenant, breaker).add();
    const level = breaker === "open" ? "error" : "info";
    logger[level]({ tenant, deployment, breaker }, `the script's circuit breaker is ${breaker}`);
  };
}

// Whether a tenant's requests are served, and if not, why: for whoever looks at the tenant and not
// at its requests.

import * as z from "zod";
import type { BreakerOf } from "../deploy/enable.ts";
import type { Live, LiveTenant, LiveVersion } from "../live.ts";

const STATES = ["serves", "suspended", "out-of-service", "without-script", "not-served"] as const;

export const STATE = {
  state: z
    .enum(STATES)
    .describe(
      "out-of-service: every request that needs the script is 503; without-script: they go on " +
        "without it (onScriptError: fail-open); not-served: left out when the proxy started.",
    ),
  reason: z.string().describe("Why it does not serve; empty: it does."),
};

export interface TenantState {
  readonly state: (typeof STATES)[number];
  readonly reason: string;
}

export interface StateParts {
  readonly live: Pick<Live, "tenants" | "processesOf">;
  readonly breakerOf: BreakerOf;
}

export function stateOfTenant({ live, breakerOf }: StateParts, name: string): TenantState {
  const tenant = live.tenants().find(({ config }) => config.name === name);
  if (tenant === undefined) return { state: "not-served", reason: LEFT_OUT };
  if (tenant.scripts.isSuspended) return { state: "suspended", reason: "an operator suspended it" };
  const reason = processesOut(live, tenant) ?? versionsOut(tenant, breakerOf);
  if (reason === null) return { state: "serves", reason: "" };
  const isOpen = tenant.config.onScriptError === "fail-open";
  return { state: isOpen ? "without-script" : "out-of-service", reason };
}

const LEFT_OUT =
  "its settings do not pass the checks, or the file gives its hosts to another tenant: see the log";

function processesOut(live: StateParts["live"], { config, scripts }: LiveTenant): string | null {
  const breaker = live.processesOf(config.name)?.breaker;
  if (scripts.versions.length === 0 || (breaker !== "open" && breaker !== "disabled")) return null;
  return `its processes died too often: their breaker is ${breaker}`;
}

/** Null: one that clients get runs. */
function versionsOut({ config, scripts }: LiveTenant, breakerOf: BreakerOf) {
  const serving = scripts.versions.filter(({ percent }) => percent > 0);
  const whyOut = ({ version, isDisabled, reason }: LiveVersion): string | null => {
    if (isDisabled) return `version ${version}: ${reason}`;
    const breaker = breakerOf(config.name, version);
    const isOut = breaker === "open" || breaker === "disabled";
    return isOut ? `version ${version}: its breaker is ${breaker}` : null;
  };
  const reasons = serving.map(whyOut);
  if (reasons.length === 0 || reasons.includes(null)) return null;
  return reasons.join("; ");
}

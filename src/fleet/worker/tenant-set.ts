// What the tenants of one worker come to together: hosts that lead to them, scripts around them,
// peers behind them.

import { OPERATOR } from "../../base/config/operator.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import type { Peer } from "../../upstream/transport.ts";
import { HostTable } from "./routing.ts";
import type { TenantSet } from "./tenants.ts";

export function configuredPeers(tenants: TenantSet): Peer[] {
  const groups = [...tenants.values()].flatMap(({ tenant }) => [...tenant.groups.values()]);
  return groups.flatMap(({ peers }) => peers);
}

export function hostTable(tenants: TenantSet): HostTable {
  const claims = [...tenants.values()].flatMap(({ spec, tenant }) =>
    spec.config.hosts.map((pattern) => ({ pattern, tenant })),
  );
  return new HostTable(claims);
}

/** Whose scripts are around every tenant's, the outermost first. */
export function aroundAll(tenants: TenantSet): readonly Tenant[] {
  const operator = tenants.get(OPERATOR)?.tenant;
  return operator === undefined || operator.deployment === null ? [] : [operator];
}

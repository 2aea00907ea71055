// What the tenants of one worker come to together: hosts that lead to them, scripts around them,
// peers behind them; and how much one of them uses.

import { OPERATOR } from "../../base/config/operator.ts";
import { HostTable } from "../../downstream/policy/host-table.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import { type LimitUse, NO_LIMIT_USE } from "../../observe/limit-use.ts";
import type { Peer } from "../../upstream/transport.ts";
import type { TenantSet } from "./tenants.ts";

export function configuredPeers(tenants: TenantSet): Peer[] {
  const groups = [...tenants.values()].flatMap(({ tenant }) => [...tenant.groups.values()]);
  return groups.flatMap(({ peers }) => peers);
}

export function hostTable(tenants: TenantSet): HostTable<Tenant> {
  const claims = [...tenants.values()].flatMap(({ spec, tenant }) =>
    spec.config.hosts.map((pattern) => ({ pattern, owner: tenant })),
  );
  return new HostTable(claims);
}

/** Whose scripts are around every tenant's, the outermost first. */
export function aroundAll(tenants: TenantSet): readonly Tenant[] {
  const operator = tenants.get(OPERATOR)?.tenant;
  return operator === undefined || operator.deployment === null ? [] : [operator];
}

/** How near one of them is to its limits. */
export function limitUseOf(tenants: TenantSet, name: string): LimitUse {
  const found = tenants.get(name);
  if (found === undefined) return NO_LIMIT_USE;
  const { holders, fetches, meter } = found.tenant;
  const heaps = [...found.deployments.values()].map(({ deployment }) => deployment.lane.heapBytes);
  return {
    ...(meter?.most ?? NO_LIMIT_USE),
    requests: holders.count,
    fetches: fetches.open,
    heapBytes: Math.max(0, ...heaps),
  };
}

// The tenants of a worker, made of the configuration and the bundles: upstream groups and
// deployments, and the hosts that lead to them.

import type { Config, TenantConfig, UpstreamConfig } from "../base/config/types.ts";
import type { Tenant } from "../downstream/serve-context.ts";
import { UpstreamGroup } from "../upstream/groups.ts";
import { toPeer } from "../upstream/peer.ts";
import { type DeploymentContext, startDeployment } from "./deployments.ts";
import type { ScriptBundle } from "./messages.ts";
import type { HostClaim } from "./routing.ts";

/** Throws StartupError if a script does not start; isolates already made are then disposed of. */
export function prepareTenants(
  config: Config,
  scripts: readonly ScriptBundle[],
  context: DeploymentContext,
): HostClaim[] {
  const claims: HostClaim[] = [];
  try {
    for (const [tenantIndex, tenantConfig] of config.tenants.entries()) {
      const bundle = scripts.find((script) => script.tenant === tenantConfig.name);
      const deployment =
        bundle === undefined
          ? null
          : startDeployment({ tenant: tenantConfig, tenantIndex, bundle }, context);
      const tenant = { ...tenantOf(tenantConfig), deployment };
      for (const pattern of tenantConfig.hosts) claims.push({ pattern, tenant });
    }
  } catch (thrown) {
    for (const { tenant } of claims) tenant.deployment?.lane.dispose();
    throw thrown;
  }
  return claims;
}

function tenantOf(config: TenantConfig): Omit<Tenant, "deployment"> {
  const groups = new Map(config.upstreams.map((group) => [group.name, groupOf(group)]));
  const defaultGroup =
    config.defaultUpstream === null ? null : (groups.get(config.defaultUpstream) ?? null);
  return { name: config.name, groups, defaultGroup, maxRetries: config.maxRetries };
}

function groupOf(config: UpstreamConfig): UpstreamGroup {
  const members = config.peers.map(({ address, weight, transport }) => {
    const { connectTimeoutMs, responseTimeoutMs, idleTimeoutMs } = config;
    const options = { transport, connectTimeoutMs, responseTimeoutMs, idleTimeoutMs };
    const peer = toPeer(address, options);
    if (peer === null) throw new Error(`the configuration let through the peer ${address}`);
    return { peer, weight };
  });
  return new UpstreamGroup(config.name, members);
}

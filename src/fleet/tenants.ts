// The tenants of a worker, made of one generation: upstream groups and deployments, and the hosts
// that lead to them. What a new generation has in common with the one that serves is taken over as
// it is: an unchanged tenant keeps its isolate, an unchanged group its balance.

import { setImmediate } from "node:timers/promises";
import type { UpstreamConfig } from "../base/config/types.ts";
import { Holders } from "../downstream/holders.ts";
import { Policy } from "../downstream/policy/policy.ts";
import type { Tenant } from "../downstream/serve-context.ts";
import { UpstreamGroup } from "../upstream/groups.ts";
import { toPeer, toUnixPeer } from "../upstream/peer.ts";
import { type DeploymentContext, startDeployment } from "./deployments.ts";
import type { TenantSpec } from "./messages.ts";
import { HostTable } from "./routing.ts";

/** A tenant that serves, or is ready to, and what it was made of. */
export interface LiveTenant {
  readonly spec: TenantSpec;
  readonly tenant: Tenant;
}

/** By name. */
export type TenantSet = ReadonlyMap<string, LiveTenant>;

export interface PrepareOptions {
  /** What serves now. */
  readonly current: TenantSet;
  /** The new generation is not wanted any more. */
  readonly signal: AbortSignal;
  readonly context: DeploymentContext;
}

/** Throws StartupError if a script does not start; isolates already made are then disposed of. */
export async function prepareTenants(
  specs: readonly TenantSpec[],
  { current, signal, context }: PrepareOptions,
): Promise<TenantSet> {
  const prepared = new Map<string, LiveTenant>();
  try {
    for (const spec of specs) {
      const { name } = spec.config;
      const old = current.get(name);
      if (old?.spec.hash === spec.hash) {
        prepared.set(name, old);
        continue;
      }
      prepared.set(name, { spec, tenant: makeTenant(spec, { old, context }) });
      // requests get their say between two isolates: each takes milliseconds
      await setImmediate();
      signal.throwIfAborted();
    }
  } catch (thrown) {
    disposeOf(difference(prepared, current));
    throw thrown;
  }
  return prepared;
}

/** Tenants of `these` that are not among `others`. */
export function difference(these: TenantSet, others: TenantSet): Tenant[] {
  const tenants: Tenant[] = [];
  for (const [name, { tenant }] of these) {
    if (others.get(name)?.tenant !== tenant) tenants.push(tenant);
  }
  return tenants;
}

export function disposeOf(tenants: readonly Tenant[]): void {
  for (const { deployment } of tenants) deployment?.lane.dispose();
}

export function hostTable(tenants: TenantSet): HostTable {
  const claims = [...tenants.values()].flatMap(({ spec, tenant }) =>
    spec.config.hosts.map((pattern) => ({ pattern, tenant })),
  );
  return new HostTable(claims);
}

interface TenantParts {
  readonly old: LiveTenant | undefined;
  readonly context: DeploymentContext;
}

function makeTenant(spec: TenantSpec, { old, context }: TenantParts): Tenant {
  const { config, script, index } = spec;
  const groups = new Map(config.upstreams.map((group) => [group.name, keptGroup(group, old)]));
  const begin = { tenant: config, tenantIndex: index };
  return {
    name: config.name,
    groups,
    defaultGroup:
      config.defaultUpstream === null ? null : (groups.get(config.defaultUpstream) ?? null),
    maxRetries: config.maxRetries,
    bufferedBodyBytes: config.limits.bufferedBodyBytes,
    policy: config.policy === null ? null : new Policy(config.policy, groups),
    deployment: script === null ? null : startDeployment({ ...begin, bundle: script }, context),
    holders: new Holders(),
  };
}

/** The old group if nothing about it changed: whose turn it is, and who is left out, goes on. */
function keptGroup(config: UpstreamConfig, old: LiveTenant | undefined): UpstreamGroup {
  const before = old?.spec.config.upstreams.find(({ name }) => name === config.name);
  const group = old?.tenant.groups.get(config.name);
  const isSame = JSON.stringify(before) === JSON.stringify(config);
  return isSame && group !== undefined ? group : makeGroup(config);
}

function makeGroup(config: UpstreamConfig): UpstreamGroup {
  const { connectTimeoutMs, responseTimeoutMs, idleTimeoutMs } = config;
  const timeouts = { connectTimeoutMs, responseTimeoutMs, idleTimeoutMs };
  const members = config.peers.map(({ address, socketPath, weight, transport, tls }) => {
    const options = { transport, tls: tls ?? undefined, ...timeouts };
    const peer = socketPath === null ? toPeer(address, options) : toUnixPeer(socketPath, options);
    if (peer === null) throw new Error(`the configuration let through the peer ${address}`);
    return { peer, weight };
  });
  return new UpstreamGroup(config.name, members);
}

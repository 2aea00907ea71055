// Makes the tenants of a worker of one generation: upstream groups, deployments, and the hosts
// that lead to them. What has not changed is taken over from the tenants that serve: an unchanged
// tenant keeps its isolate, an unchanged group its balance.

import { setImmediate } from "node:timers/promises";
import { limitsRequests } from "../../base/config/policy/limits-requests.ts";
import { Compression } from "../../downstream/compression/compression.ts";
import { Holders } from "../../downstream/holders.ts";
import { Policy } from "../../downstream/policy/policy.ts";
import { RequestLimits } from "../../downstream/policy/request-limit.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import { clientPolicy } from "../../downstream/tls/owner.ts";
import { type Version, Versions } from "../../downstream/versions.ts";
import { FetchCount } from "../../fetch/fetcher.ts";
import { TenantMeter } from "../../observe/tenant-meter.ts";
import { LimitTable } from "../../state/limit-table.ts";
import { Egress } from "../../upstream/egress.ts";
import type { TenantSpec, VersionTally } from "../shared/messages.ts";
import { StartupError } from "../shared/start-errors.ts";
import { type DeploymentContext, startDeployment } from "./deployments.ts";
import { disabledDeployment } from "./disabled-deployment.ts";
import { type GroupContext, groupsOf } from "./groups.ts";
import { HeldDeployment } from "./held-deployment.ts";

/** A tenant that serves, or is ready to, and what it was made of. */
export interface LoadedTenant {
  readonly spec: TenantSpec;
  readonly tenant: Tenant;
  /** By the hash of its script. */
  readonly deployments: ReadonlyMap<string, HeldDeployment>;
}

/** By name. */
export type TenantSet = ReadonlyMap<string, LoadedTenant>;

export interface PrepareOptions {
  /** Tenants that serve now and go on as they are. */
  readonly kept: readonly string[];
  /** What serves now. */
  readonly current: TenantSet;
  /** The new generation is not wanted any more. */
  readonly signal: AbortSignal;
  readonly context: DeploymentContext;
  readonly groups: GroupContext;
}

/**
 * Throws StartupError if scripts do not start, with a line for each tenant; isolates already made
 * are then disposed of.
 */
export async function prepareTenants(
  specs: readonly TenantSpec[],
  { kept, current, signal, context, groups }: PrepareOptions,
): Promise<TenantSet> {
  const prepared = new Map<string, LoadedTenant>();
  const problems: string[] = [];
  try {
    for (const name of kept) prepared.set(name, keptTenant(name, current));
    for (const spec of specs) {
      const { name } = spec.config;
      try {
        prepared.set(name, makeTenant(spec, { old: current.get(name), context, groups }));
      } catch (thrown) {
        if (!(thrown instanceof StartupError)) throw thrown;
        problems.push(thrown.message);
      }
      // requests get their say between two isolates: each takes milliseconds
      await setImmediate();
      signal.throwIfAborted();
    }
    if (problems.length > 0) throw new StartupError(problems.join("\n"));
  } catch (thrown) {
    disposeOf(difference(prepared, current));
    throw thrown;
  }
  return prepared;
}

function keptTenant(name: string, current: TenantSet): LoadedTenant {
  const tenant = current.get(name);
  if (tenant === undefined) throw new TypeError(`tenant ${name} is kept, but is not there`);
  return tenant;
}

/** Tenants of `these` that are not among `others`. */
export function difference(these: TenantSet, others: TenantSet): Tenant[] {
  const tenants: Tenant[] = [];
  for (const [name, { tenant }] of these) {
    if (others.get(name)?.tenant !== tenant) tenants.push(tenant);
  }
  return tenants;
}

/** Masks of the hooks that these have, by the hashes of their scripts. */
export function hookMasks(
  specs: readonly TenantSpec[],
  tenants: TenantSet,
): ReadonlyMap<string, number> {
  const held = specs.flatMap(({ config }) => [
    ...(tenants.get(config.name)?.deployments.entries() ?? []),
  ]);
  return new Map(held.map(([hash, { deployment }]) => [hash, deployment.hooks]));
}

export function disposeOf(tenants: readonly Tenant[]): void {
  for (const { retire } of tenants) retire();
}

/** How often versions are reported on: a bad one must be out within seconds. */
const HEALTH_MS = 500;

/** For as long as the thread lives: how versions have fared, when something has happened to one. */
export function reportHealth(
  tenants: () => TenantSet,
  report: (reports: readonly VersionTally[]) => void,
): void {
  setInterval(() => {
    const reports = takeHealth(tenants());
    if (reports.length > 0) report(reports);
  }, HEALTH_MS).unref();
}

function takeHealth(tenants: TenantSet): VersionTally[] {
  const tallies: VersionTally[] = [];
  for (const { spec, deployments } of tenants.values()) {
    for (const { version, hash } of spec.scripts) {
      const tally = deployments.get(hash)?.deployment.health.take() ?? null;
      if (tally !== null) tallies.push({ tenant: spec.id, version, ...tally });
    }
  }
  return tallies;
}

interface TenantParts {
  readonly old: LoadedTenant | undefined;
  readonly context: DeploymentContext;
  readonly groups: GroupContext;
}

function makeTenant(spec: TenantSpec, parts: TenantParts): LoadedTenant {
  const { config } = spec;
  const { context } = parts;
  const groups = groupsOf(spec, parts.old, parts.groups);
  const deployments = holdDeployments(spec, parts);
  const limits = limitsOf(spec);
  const tenant: Tenant = {
    id: spec.id,
    name: config.name,
    clients: clientPolicy(spec.id, config.clientCertificates),
    meter: new TenantMeter(context.metrics, config.name),
    groups,
    defaultGroup:
      config.defaultUpstream === null ? null : (groups.get(config.defaultUpstream) ?? null),
    maxRetries: config.maxRetries,
    upgrades: new Set(config.upgrades),
    abortsOnHalfClose: config.abortOnHalfClose,
    isSuspended: spec.isSuspended,
    // an inline script is trusted as much as the process it runs in
    egress: config.isolation === "inline" ? null : new Egress(spec.id, config.egress),
    bufferedBodyBytes: config.limits.bufferedBodyBytes,
    fetches: new FetchCount(config.limits),
    policy: config.policy === null ? null : new Policy(config.policy, { groups, limits }),
    requestsMax: config.requestsAtOnce,
    compression: config.compression === null ? null : new Compression(config.compression),
    ...servedBy(spec, deployments),
    holders: new Holders(),
    retire: retirementOf(deployments, limits),
  };
  return { spec, tenant, deployments };
}

/** Throws StartupError; what was held by then is given back. */
function holdDeployments(
  { id, config, scripts, index, rateLimits: buffers }: TenantSpec,
  { old, context }: Pick<TenantParts, "old" | "context">,
): Map<string, HeldDeployment> {
  const held = new Map<string, HeldDeployment>();
  const rateLimits = buffers === null ? null : new LimitTable(buffers);
  try {
    for (const { hash, bundle, isDisabled } of scripts) {
      if (held.has(hash)) continue;
      const begin = { id, tenant: config, tenantIndex: index, bundle, hash, rateLimits };
      const start = isDisabled ? disabledDeployment : startDeployment;
      const kept = old?.deployments.get(hash);
      held.set(hash, (kept ?? new HeldDeployment(start(begin, context))).hold());
    }
  } catch (thrown) {
    giveBack(held);
    throw thrown;
  }
  return held;
}

/**
 * Made here, where nothing else is in reach: a closure keeps all that any closure beside it uses.
 * Made where the tenant before was at hand, it kept that one, and so each tenant there had been.
 */
const retirementOf =
  (deployments: ReadonlyMap<string, HeldDeployment>, limits: RequestLimits | null): (() => void) =>
  () => {
    giveBack(deployments);
    limits?.[Symbol.dispose]();
  };

/** Null: its configuration limits no requests. */
const limitsOf = ({ config, rateLimits }: TenantSpec): RequestLimits | null =>
  rateLimits === null || !limitsRequests(config.policy)
    ? null
    : new RequestLimits(new LimitTable(rateLimits));

function giveBack(deployments: ReadonlyMap<string, HeldDeployment>): void {
  for (const held of deployments.values()) held.giveBack();
}

/** One version serves as it is, without anything being dealt. */
function servedBy(
  spec: TenantSpec,
  deployments: ReadonlyMap<string, HeldDeployment>,
): Pick<Tenant, "deployment" | "versions" | "testerKey"> {
  const { scripts, stickyBy, testerKey } = spec;
  const versions = scripts.map(({ version: number, percent, hash }): Version => {
    const held = deployments.get(hash);
    if (held === undefined) throw new TypeError("each version has a deployment");
    return { number, percent, deployment: held.deployment };
  });
  const whole = versions.find(({ percent }) => percent === 100) ?? versions[0];
  const deployment = whole?.deployment ?? null;
  if (versions.length < 2) return { deployment, versions: null, testerKey };
  const tenant = spec.config.name;
  const dealt = new Versions({ tenant, versions, stickyBy, testerKey });
  return { deployment, versions: dealt, testerKey };
}

// Changes of who gets which version: shares set by hand, a rollback, a version that comes in. All
// go one way: worked out in their turn, prepared on every worker, stored, live.

import type { TenantConfig } from "../../base/config/types.ts";
import type { Live, LiveTenant, LiveVersion, TenantScripts } from "../live.ts";
import type { AuditEntry, NextTraffic, Store, Traffic } from "../store/store.ts";
import { DeployError } from "./deploy-error.ts";
import { liveVersion } from "./history.ts";
import { sharesProblem } from "./shares.ts";

export type { Traffic } from "../store/store.ts";

export interface TrafficParts {
  readonly store: Store;
  readonly live: Live;
}

export interface TrafficChange {
  readonly tenant: string;
  /** What it is to be, given what it is when the change has its turn. May throw. */
  readonly traffic: (now: Traffic) => Promise<NextTraffic>;
  /** Asked once it is known what changes. */
  readonly audit: (next: Traffic) => AuditEntry;
}

/** Throws DeployError or StoreError; what served goes on. */
export async function setTrafficOf(
  { store, live }: TrafficParts,
  { tenant, traffic, audit }: TrafficChange,
): Promise<Traffic> {
  let next: NextTraffic | null = null;
  const result = await live.apply({
    tenant,
    plan: async (tenants) => tenantAmong(tenants, tenant),
    async scripts(now) {
      next = await traffic(trafficOf(now));
      const problem = sharesProblem(next.versions);
      if (problem !== null) throw refused("invalid", problem);
      return await scriptsOf(store, { tenant, now, next });
    },
    async write() {
      if (next !== null) await store.setTraffic(tenant, next, audit(next));
    },
  });
  if (!result.ok) {
    const fault = result.isTimeout ? "timeout" : "refused";
    throw new DeployError({ step: "prepare", fault }, result.problems.join("\n"));
  }
  if (next === null) throw new TypeError("traffic that is live was worked out");
  return next;
}

/** To the version that served before, or to the named one. */
export async function rollBack(
  parts: TrafficParts,
  change: { readonly tenant: string; readonly version: number | null; readonly author: string },
): Promise<Traffic> {
  const { tenant, author } = change;
  return await setTrafficOf(parts, {
    tenant,
    async traffic(now) {
      const version = change.version ?? (await versionBefore(parts.store, tenant, now));
      return { ...now, versions: [{ version, percent: 100 }], isRollback: true };
    },
    audit: ({ versions }) => ({
      actor: author,
      action: "traffic.rollback",
      tenant,
      target: `version ${versions[0]?.version}`,
      detail: {},
    }),
  });
}

/** Throws DeployError if there is none of this name. */
export const tenantAmong = (tenants: readonly LiveTenant[], name: string): TenantConfig =>
  liveAmong(tenants, name).config;

export function liveAmong(tenants: readonly LiveTenant[], name: string): LiveTenant {
  const found = tenants.find(({ config }) => config.name === name);
  if (found !== undefined) return found;
  throw refused("missing", `There is no tenant ${name}.`);
}

const trafficOf = ({ versions, stickyBy }: TenantScripts): Traffic => ({
  versions: versions.map(({ version, percent }) => ({ version, percent })),
  stickyBy,
});

interface Change {
  readonly tenant: string;
  readonly now: TenantScripts;
  readonly next: Traffic;
}

/** What runs already stays the same object, and is not read again. */
async function scriptsOf(store: Store, { tenant, now, next }: Change): Promise<TenantScripts> {
  const versions: LiveVersion[] = [];
  for (const { version, percent } of next.versions) {
    const running = now.versions.find((one) => one.version === version);
    if (running?.isDisabled && percent > 0) {
      throw refused("conflict", `Version ${version} is out of service until enabled.`);
    }
    if (running !== undefined) versions.push({ ...running, percent });
    else versions.push(await loaded(store, tenant, { version, percent }));
  }
  return { ...now, versions, stickyBy: next.stickyBy };
}

async function loaded(
  store: Store,
  tenant: string,
  { version, percent }: { readonly version: number; readonly percent: number },
): Promise<LiveVersion> {
  const found = await store.deployment(tenant, version);
  if (found === null) throw refused("missing", `There is no version ${version}, or not any more.`);
  const { state, reason } = found;
  if (state === "failed") {
    throw refused("conflict", `Version ${version} failed before it was live: ${reason}`);
  }
  if (state === "disabled") {
    throw refused("conflict", `Version ${version} is out of service until enabled: ${reason}`);
  }
  return liveVersion(found, percent);
}

/** Throws DeployError if a rollback has nowhere to go. */
export async function versionBefore(store: Store, tenant: string, now: Traffic): Promise<number> {
  const version = await rollbackTarget(store, tenant, now);
  if (version !== null) return version;
  const message = "There is no version that had all of the traffic before, and is kept: name one.";
  throw refused("conflict", message);
}

/**
 * The last version that had all of the traffic, the newest one that serves and what was taken back
 * aside. Null: there is none.
 */
export async function rollbackTarget(
  store: Store,
  tenant: string,
  now: Traffic,
): Promise<number | null> {
  const serving = now.versions.filter(({ percent }) => percent > 0);
  const newest = Math.max(0, ...serving.map(({ version }) => version));
  for (const { version } of await store.fullTraffic(tenant)) {
    if (version === newest) continue;
    const found = await store.deployment(tenant, version);
    if (found?.state === "ready") return version;
  }
  return null;
}

const refused = (fault: "invalid" | "missing" | "conflict", message: string): DeployError =>
  new DeployError({ step: "traffic", fault }, message);

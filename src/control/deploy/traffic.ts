// Changes of who gets which version: shares set by hand, a rollback, a version that comes in. All
// go one way: worked out under the change lock, prepared on every worker, stored, live.

import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import type { TenantConfig } from "../../base/config/types.ts";
import type { Live, LiveTenant, LiveVersion, TenantScripts } from "../live.ts";
import {
  type AuditEntry,
  type Fence,
  type NewDeployment,
  type NextTraffic,
  type Store,
  StoreError,
  type Traffic,
} from "../store/store.ts";
import { DeployError, expectApplied } from "./deploy-error.ts";
import { liveVersion } from "./history.ts";
import { sharesProblem } from "./shares.ts";

export type { Traffic } from "../store/store.ts";

export interface TrafficParts {
  readonly store: Store;
  readonly live: Live;
}

export interface TrafficChange {
  readonly tenant: string;
  /** A version that comes in with it, tried by now; left out: none. */
  readonly deployment?: NewDeployment;
  /** Leave that it is made with; left out: it needs none. */
  readonly fence?: Fence | undefined;
  /**
   * What it is to be, given what it is when nothing else changes any more. May throw.
   * @param version the one that comes in; 0: none
   */
  readonly traffic: (now: Traffic, version: number) => Promise<NextTraffic>;
  /** Asked once it is known what changes. */
  readonly audit: (next: Traffic, version: number) => readonly AuditEntry[];
}

export interface TrafficChanged {
  readonly traffic: NextTraffic;
  /** The one that came in; 0: none. */
  readonly version: number;
  /** Of the store, by it. */
  readonly revision: number;
}

/**
 * Throws DeployError or StoreError; what served goes on, and nothing is stored. If another machine
 * was first, it comes after that one, as on one machine.
 */
export async function setTrafficOf(
  parts: TrafficParts,
  change: TrafficChange,
): Promise<TrafficChanged> {
  for (let tries = 1; ; tries++) {
    try {
      return await setOnce(parts, change);
    } catch (thrown) {
      const isLate = thrown instanceof StoreError && thrown.fault === "conflict";
      if (!isLate || !parts.store.isShared || tries === CLUSTER_LIMITS.conflicts) throw thrown;
      await caughtUp(parts, change.tenant);
    }
  }
}

/** What serves here is what is stored, or it is not soon. */
async function caughtUp({ store, live }: TrafficParts, tenant: string): Promise<void> {
  const { caughtUpMs, caughtUpLookMs } = CLUSTER_LIMITS;
  for (let waitedMs = 0; waitedMs < caughtUpMs; waitedMs += caughtUpLookMs) {
    const stored = await store.traffic(tenant);
    const serving = trafficOf(liveAmong(live.tenants(), tenant).scripts);
    const { versions, stickyBy } = stored ?? { ...serving, versions: [] };
    if (isDeepStrictEqual(serving, { versions, stickyBy })) return;
    await sleep(caughtUpLookMs);
  }
}

async function setOnce(
  { store, live }: TrafficParts,
  { tenant, deployment, fence, traffic, audit }: TrafficChange,
): Promise<TrafficChanged> {
  let next: TrafficChanged | null = null;
  let expected: Traffic | null = null;
  const fresh = (): Fresh | null =>
    deployment === undefined || next === null ? null : { ...deployment, version: next.version };
  const result = await live.apply({
    tenant,
    plan: async (tenants) => tenantAmong(tenants, tenant),
    async scripts(now) {
      const version = deployment === undefined ? 0 : await store.nextVersion(tenant);
      // on one machine nothing else changes from here to the end
      expected = store.isShared ? trafficOf(now) : null;
      next = { traffic: await traffic(trafficOf(now), version), version, revision: 0 };
      const problem = sharesProblem(next.traffic.versions);
      if (problem !== null) throw refused("invalid", problem);
      return await scriptsOf(store, { tenant, now, next: next.traffic, fresh: fresh() });
    },
    async write() {
      if (next === null) throw new TypeError("what is written was worked out");
      const lines = audit(next.traffic, next.version);
      const release = {
        ...{ tenant, deployment: fresh(), traffic: next.traffic },
        ...{ expected, fence, audit: lines },
      };
      const revision = await store.release([release]);
      next = { ...next, revision };
      return revision;
    },
  });
  expectApplied(result);
  if (next === null) throw new TypeError("traffic that is live was worked out");
  return next;
}

interface RollbackChange {
  readonly tenant: string;
  /** Null: the one that served before. */
  readonly version: number | null;
  readonly author: string;
  /** Throws unless what serves is what the author has seen. */
  readonly expect: (now: Traffic) => void;
}

/** To the version that served before, or to the named one. */
export async function rollBack(parts: TrafficParts, change: RollbackChange): Promise<Traffic> {
  const { tenant, author } = change;
  const { traffic } = await setTrafficOf(parts, {
    tenant,
    async traffic(now) {
      change.expect(now);
      const version = change.version ?? (await versionBefore(parts.store, tenant, now));
      return { ...now, versions: [{ version, percent: 100 }], isRollback: true };
    },
    audit: ({ versions }) => {
      const target = `version ${versions[0]?.version}`;
      return [{ actor: author, action: "traffic.rollback", tenant, target, detail: {} }];
    },
  });
  return traffic;
}

/** Throws DeployError if there is none of this name. */
export const tenantAmong = (tenants: readonly LiveTenant[], name: string): TenantConfig =>
  liveAmong(tenants, name).config;

export function liveAmong(tenants: readonly LiveTenant[], name: string): LiveTenant {
  const found = tenants.find(({ config }) => config.name === name);
  if (found !== undefined) return found;
  throw refused("missing", `There is no tenant ${name}.`);
}

export const trafficOf = ({ versions, stickyBy }: TenantScripts): Traffic => ({
  versions: versions.map(({ version, percent }) => ({ version, percent })),
  stickyBy,
});

type Fresh = NewDeployment & { readonly version: number };

interface Change {
  readonly tenant: string;
  readonly now: TenantScripts;
  readonly next: Traffic;
  /** Not in the store yet; null: everything is. */
  readonly fresh: Fresh | null;
}

/** What runs already stays the same object, and is not read again. */
async function scriptsOf(store: Store, change: Change): Promise<TenantScripts> {
  const { tenant, now, next, fresh } = change;
  const versions: LiveVersion[] = [];
  for (const { version, percent } of next.versions) {
    if (version === fresh?.version) {
      versions.push(liveVersion({ ...fresh, state: "ready", reason: "" }, percent));
      continue;
    }
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
  if (found === null) throw noVersion(version);
  const { state, reason } = found;
  if (state === "disabled") {
    throw refused("conflict", `Version ${version} is out of service until enabled: ${reason}`);
  }
  if (state !== "ready") throw neverLive(found);
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

export const noVersion = (version: number): DeployError =>
  refused("missing", `There is no version ${version}, or not any more.`);

/** It has not started on every worker: nothing makes it live any more. */
export const neverLive = ({ version, reason }: { version: number; reason: string }): DeployError =>
  refused("conflict", `Version ${version} was never live${reason === "" ? "" : `: ${reason}`}.`);

const refused = (fault: "invalid" | "missing" | "conflict", message: string): DeployError =>
  new DeployError({ step: "traffic", fault }, message);

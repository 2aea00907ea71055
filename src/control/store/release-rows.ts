// What tenants run from now on: a version that comes in, who gets which, what is kept no longer.

import { ownerText } from "../../base/config/operator.ts";
import { LIMITS } from "../../base/limits.ts";
import {
  type DeploymentPlace,
  findTraffic,
  missing,
  nextVersion,
  toSummary,
  valuesOf,
  writeState,
} from "./deployment-rows.ts";
import { type FullTrafficRow, listFullTraffic, noteFullTraffic } from "./full-traffic-rows.ts";
import { claimName } from "./identity-rows.ts";
import { expectHeld } from "./lease-rows.ts";
import { type Change, engineTimeMs, nothing, type Steps, together } from "./steps.ts";
import {
  type DeploymentSummary,
  type FullTraffic,
  type Identity,
  type NewDeployment,
  type Release,
  type StickyBy,
  StoreError,
  type Traffic,
  type TrafficShare,
} from "./store.ts";
import type { Tables } from "./tables.ts";

export function release(
  tables: Tables,
  releases: readonly Release[],
  born: readonly Identity[],
): Change<number> {
  const audit = releases.flatMap((one) => one.audit);
  // nothing comes before it that could change what it is about
  const [first] = born.length > 0 ? [] : releases;
  return tables.reviseBy(audit, lookAtFirst(tables, first), function* (found) {
    for (const one of born) yield* claimName(tables, one);
    for (const one of releases) {
      const known = one === first && found !== null ? found : yield* lookAt(tables, one);
      yield* releaseOne(tables, one, known);
    }
  });
}

function* lookAtFirst(tables: Tables, first: Release | undefined): Steps<Found | null> {
  return first === undefined ? null : yield* lookAt(tables, first);
}

/** What is there. */
interface Found {
  readonly before: Traffic | null;
  readonly next: number;
  readonly kept: readonly DeploymentSummary[];
  readonly full: readonly FullTrafficRow[];
  readonly nowMs: number;
}

/** All that is asked for a release: from then on nothing waits. */
function* lookAt(tables: Tables, { tenant, fence }: Release): Steps<Found> {
  const [, [before, next], [kept, full], nowMs] = yield* together([
    fence === undefined ? nothing() : expectHeld(fence),
    together([findTraffic(tables, tenant), nextVersion(tables, tenant)]),
    together([listKept(tables, tenant), listFullTraffic(tables, tenant)]),
    engineTimeMs(),
  ]);
  return { before, next, kept, full, nowMs };
}

function* releaseOne(tables: Tables, one: Release, found: Found): Steps<void> {
  const { tenant, deployment, traffic, expected = null } = one;
  const { before, full, nowMs } = found;
  if (expected !== null) expectUnmoved(tenant, expected, before);
  const made = deployment === null ? [] : [yield* insert(tables, deployment, found.next)];
  const kept = yield* disable(tables, [...made, ...found.kept], one);
  yield* expectReady(tables, kept, one);
  const backs = yield* noteFullTraffic(tables, tenant, { before, next: traffic, full, nowMs });
  const versions = JSON.stringify(traffic.versions);
  const sticky_by = JSON.stringify(traffic.stickyBy);
  yield* tables.traffic.put({ tenant, versions, sticky_by });
  yield* prune(tables, kept, { traffic, backs });
}

/** The versions that have sources and bundle, the newest first. */
function* listKept(tables: Tables, tenant: string): Steps<DeploymentSummary[]> {
  const tail = "WHERE tenant = ? AND is_pruned = 0 ORDER BY version DESC";
  return (yield* tables.deployments.list(tail, [tenant])).map(toSummary);
}

/** Another machine may have moved it, where this one has not heard of it yet. */
function expectUnmoved(tenant: string, expected: Traffic, found: Traffic | null): void {
  const { versions = [], stickyBy = expected.stickyBy } = found ?? {};
  const shares = [expected.versions, versions].map(sharesText);
  const clients = [expected.stickyBy, stickyBy].map(stickyText);
  const [[wanted, got], what] =
    shares[0] === shares[1] ? [clients, "clients by"] : [shares, "the shares"];
  if (wanted === got) return;
  const text = `expected ${what} ${wanted}, got ${got}: somebody else changed them`;
  throw new StoreError("conflict", `Cannot change the traffic of ${ownerText(tenant)}: ${text}`);
}

const sharesText = (shares: readonly TrafficShare[]): string =>
  shares.map(({ version, percent }) => `${version}=${percent}`).join(" ") || "none";

const stickyText = (by: StickyBy): string =>
  by.kind === "address" ? by.kind : `${by.kind} ${by.name}`;

/** Results in the versions as they are then. */
function* disable(
  tables: Tables,
  kept: readonly DeploymentSummary[],
  { tenant, traffic: { disables } }: Release,
): Steps<readonly DeploymentSummary[]> {
  if (disables === undefined) return kept;
  const { version, reason } = disables;
  const to = { state: "disabled", reason } as const;
  yield* writeState(tables, { tenant, version }, to);
  return kept.map((one) => (one.version === version ? { ...one, ...to } : one));
}

function* insert(
  tables: Tables,
  deployment: NewDeployment & { readonly version: number },
  next: number,
): Steps<DeploymentSummary> {
  const { tenant, version, origin, author, message, sha256, bytes, hooks } = deployment;
  if (version !== next) {
    const what = `version ${version} of ${ownerText(tenant)}`;
    throw new StoreError("conflict", `Cannot store ${what}: expected version ${next}`);
  }
  const given = { tenant, version, origin, author, message, sha256, bytes, hooks };
  const fresh = { state: "ready", reason: "", isPruned: false, createdAtMs: Date.now() } as const;
  const made = { ...given, ...fresh };
  yield* tables.deployments.insert(valuesOf(made));
  yield* tables.bundles.insert({ tenant, version, ...bundleOf(deployment) });
  return made;
}

/** One that is out of service may stay with a share of 0: then nobody but testers asks for it. */
function* expectReady(
  tables: Tables,
  kept: readonly DeploymentSummary[],
  { tenant, traffic }: Release,
): Steps<void> {
  for (const { version, percent } of traffic.versions) {
    const found = kept.find((one) => one.version === version);
    if (found === undefined) yield* expectThere(tables, { tenant, version });
    const isReady = found?.state === "ready" || (found?.state === "disabled" && percent === 0);
    if (isReady) continue;
    const what = `version ${version} of ${ownerText(tenant)} traffic`;
    const got = found === undefined ? "its bundle is gone" : `it is ${found.state}`;
    throw new StoreError("conflict", `Cannot give ${what}: expected it to be ready, ${got}`);
  }
}

function* expectThere(tables: Tables, { tenant, version }: DeploymentPlace): Steps<void> {
  if ((yield* tables.deployments.get(tenant, version)) === null) throw missing({ tenant, version });
}

const bundleOf = ({ entry, files, code, map, smoke }: NewDeployment) => ({
  entry,
  files: JSON.stringify(files),
  code,
  map,
  uses_url: 1, // of an earlier release, which reads it
  smoke: JSON.stringify(smoke),
});

interface Used {
  readonly traffic: Traffic;
  /** The latest first. */
  readonly backs: readonly FullTraffic[];
}

/** The newest keep sources and bundle, those with traffic, and those that rollbacks go to next. */
function* prune(
  tables: Tables,
  kept: readonly DeploymentSummary[],
  { traffic, backs }: Used,
): Steps<void> {
  const used = [...traffic.versions, ...backs.slice(0, LIMITS.rollbacksKept)];
  const inUse = new Set(used.map(({ version }) => version));
  for (const one of kept.slice(LIMITS.deploymentsKept)) {
    const { tenant, version } = one;
    if (inUse.has(version)) continue;
    yield* tables.deployments.put(valuesOf({ ...one, isPruned: true }));
    yield* tables.bundles.erase(tenant, version);
    yield* tables.fullTraffic.erase(tenant, version);
  }
}

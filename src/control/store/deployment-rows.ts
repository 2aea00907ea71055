// Deployments: a short row for each version, for ever, and its sources and bundle beside it until
// they are pruned. Which versions take traffic is here too.

import { ownerText } from "../../base/config/operator.ts";
import { LIMITS } from "../../base/limits.ts";
import { listFullTraffic, noteFullTraffic } from "./full-traffic-rows.ts";
import { claimName } from "./identity-rows.ts";
import { expectHeld } from "./lease-rows.ts";
import type { Page } from "./records.ts";
import type { Row } from "./row.ts";
import type { Change, Steps } from "./steps.ts";
import {
  type AuditEntry,
  type DeploymentState,
  type DeploymentSummary,
  type Identity,
  type NewDeployment,
  type NextTraffic,
  type Release,
  type StoredDeployment,
  StoreError,
  type Traffic,
  type TrafficShare,
} from "./store.ts";
import type { Tables } from "./tables.ts";

const STATES = ["stored", "ready", "failed", "disabled"] as const;
const ORIGINS = ["file", "api"] as const;

export interface DeploymentPlace {
  readonly tenant: string;
  readonly version: number;
}

export function* nextVersion(tables: Tables, tenant: string): Steps<number> {
  const [newest] = yield* tables.deployments.list(NEWEST, [tenant]);
  return (newest?.integer("version") ?? 0) + 1;
}

const NEWEST = "WHERE tenant = ? ORDER BY version DESC LIMIT 1";

export function release(
  tables: Tables,
  releases: readonly Release[],
  born: readonly Identity[],
): Change<number> {
  const audit = releases.flatMap((one) => one.audit);
  return tables.reviseOnly(audit, function* () {
    for (const one of born) yield* claimName(tables, one);
    for (const { tenant, deployment, traffic, expected = null, fence } of releases) {
      if (fence !== undefined) yield* expectHeld(fence);
      const before = yield* findTraffic(tables, tenant);
      if (expected !== null) expectUnmoved(tenant, expected, before?.versions ?? []);
      if (deployment !== null) yield* insert(tables, deployment);
      if (traffic.disables !== undefined) yield* disable(tables, tenant, traffic.disables);
      yield* expectReady(tables, tenant, traffic);
      yield* noteFullTraffic(tables, tenant, { before, next: traffic });
      const versions = JSON.stringify(traffic.versions);
      const sticky_by = JSON.stringify(traffic.stickyBy);
      yield* tables.traffic.put({ tenant, versions, sticky_by });
      yield* prune(tables, tenant, traffic);
    }
  });
}

/** Another machine may have moved it, where this one has not heard of it yet. */
function expectUnmoved(
  tenant: string,
  expected: readonly TrafficShare[],
  found: readonly TrafficShare[],
): void {
  const [wanted, got] = [expected, found].map(sharesText);
  if (wanted === got) return;
  const text = `expected the shares ${wanted}, got ${got}: somebody else changed them`;
  throw new StoreError("conflict", `Cannot change the traffic of ${ownerText(tenant)}: ${text}`);
}

const sharesText = (shares: readonly TrafficShare[]): string =>
  shares.map(({ version, percent }) => `${version}=${percent}`).join(" ") || "none";

function* disable(
  tables: Tables,
  tenant: string,
  { version, reason }: NonNullable<NextTraffic["disables"]>,
): Steps<void> {
  yield* writeState(tables, { tenant, version }, { state: "disabled", reason });
}

function* insert(
  tables: Tables,
  deployment: NewDeployment & { readonly version: number },
): Steps<void> {
  const { tenant, version, origin, author, message, sha256, bytes, hooks } = deployment;
  const next = yield* nextVersion(tables, tenant);
  if (version !== next) {
    const what = `version ${version} of ${ownerText(tenant)}`;
    throw new StoreError("conflict", `Cannot store ${what}: expected version ${next}`);
  }
  const written = { tenant, version, origin, author, message, sha256, bytes };
  const made = { state: "ready", reason: "", is_pruned: 0, created_at_ms: Date.now() };
  yield* tables.deployments.insert({ ...written, ...made, hooks: JSON.stringify(hooks) });
  yield* tables.bundles.insert({ tenant, version, ...bundleOf(deployment) });
}

/** One that is out of service may stay with a share of 0: then nobody but testers asks for it. */
function* expectReady(tables: Tables, tenant: string, { versions }: Traffic): Steps<void> {
  for (const { version, percent } of versions) {
    const row = yield* tables.deployments.get(tenant, version);
    if (row === null) throw missing({ tenant, version });
    const { state, isPruned } = toSummary(row);
    const isReady = state === "ready" || (state === "disabled" && percent === 0);
    if (isReady && !isPruned) continue;
    const what = `version ${version} of ${ownerText(tenant)} traffic`;
    const got = isPruned ? "its bundle is gone" : `it is ${state}`;
    throw new StoreError("conflict", `Cannot give ${what}: expected it to be ready, ${got}`);
  }
}

const missing = ({ tenant, version }: DeploymentPlace): StoreError =>
  new StoreError("not_found", `There is no version ${version} of ${ownerText(tenant)}.`);

const bundleOf = ({ entry, files, code, map, smoke }: NewDeployment) => ({
  entry,
  files: JSON.stringify(files),
  code,
  map,
  uses_url: 1, // of an earlier release, which reads it
  smoke: JSON.stringify(smoke),
});

export function* listDeployments(
  tables: Tables,
  tenant: string,
  { before, limit }: Page,
): Steps<DeploymentSummary[]> {
  const tail = "WHERE tenant = ? AND version < ? ORDER BY version DESC LIMIT ?";
  const below = before ?? Number.MAX_SAFE_INTEGER;
  return (yield* tables.deployments.list(tail, [tenant, below, limit])).map(toSummary);
}

export function* findDeployment(
  tables: Tables,
  { tenant, version }: DeploymentPlace,
): Steps<StoredDeployment | null> {
  const row = yield* tables.deployments.get(tenant, version);
  if (row === null) return null;
  const summary = toSummary(row);
  if (summary.isPruned) return null;
  const bundle = yield* tables.bundles.get(tenant, version);
  if (bundle === null) {
    const what = `version ${version} of ${ownerText(tenant)}`;
    throw new StoreError("damaged", `Cannot read ${what}: its bundle is gone; restore a backup`);
  }
  return {
    ...summary,
    entry: bundle.text("entry"),
    files: bundle.json("files"),
    code: bundle.text("code"),
    map: bundle.text("map"),
    smoke: bundle.json("smoke"),
  };
}

export interface StateChange {
  readonly state: DeploymentState;
  readonly reason: string;
}

export function setDeploymentState(
  tables: Tables,
  at: DeploymentPlace,
  { change, audit }: { change: StateChange; audit: AuditEntry },
): Change<number> {
  return tables.reviseOnly(audit, () => writeState(tables, at, change));
}

export function* findTraffic(tables: Tables, tenant: string): Steps<Traffic | null> {
  const row = yield* tables.traffic.get(tenant);
  if (row === null) return null;
  return { versions: row.json("versions"), stickyBy: row.json("sticky_by") };
}

/** The newest keep sources and bundle, those with traffic, and those that rollbacks go to next. */
function* prune(tables: Tables, tenant: string, { versions }: Traffic): Steps<void> {
  const backs = (yield* listFullTraffic(tables, tenant)).slice(0, LIMITS.rollbacksKept);
  const inUse = new Set([...versions, ...backs].map(({ version }) => version));
  const kept = yield* tables.deployments.list(NOT_PRUNED, [tenant]);
  const old = kept
    .slice(LIMITS.deploymentsKept)
    .filter((row) => !inUse.has(row.integer("version")));
  for (const row of old) {
    const version = row.integer("version");
    yield* tables.deployments.put({ ...valuesOf(toSummary(row)), is_pruned: 1 });
    yield* tables.bundles.remove(tenant, version);
    yield* tables.fullTraffic.remove(tenant, version);
  }
}

const NOT_PRUNED = "WHERE tenant = ? AND is_pruned = 0 ORDER BY version DESC";

function* writeState(
  tables: Tables,
  { tenant, version }: DeploymentPlace,
  to: StateChange,
): Steps<void> {
  const row = yield* tables.deployments.get(tenant, version);
  if (row === null) throw missing({ tenant, version });
  yield* tables.deployments.put({
    ...valuesOf(toSummary(row)),
    state: to.state,
    reason: to.reason,
  });
}

const valuesOf = ({ hooks, isPruned, createdAtMs, ...rest }: DeploymentSummary) => ({
  ...rest,
  hooks: JSON.stringify(hooks),
  is_pruned: isPruned ? 1 : 0,
  created_at_ms: createdAtMs,
});

const toSummary = (row: Row): DeploymentSummary => ({
  tenant: row.text("tenant"),
  version: row.integer("version"),
  state: row.word("state", STATES),
  reason: row.text("reason"),
  origin: row.word("origin", ORIGINS),
  author: row.text("author"),
  message: row.text("message"),
  sha256: row.text("sha256"),
  bytes: row.integer("bytes"),
  hooks: row.json("hooks"),
  isPruned: row.claim("is_pruned"),
  createdAtMs: row.integer("created_at_ms"),
});

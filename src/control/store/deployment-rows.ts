// Deployments: a short row for each version, for ever, and its sources and bundle beside it until
// they are pruned. Which versions take traffic is here too.

import { LIMITS } from "../../base/limits.ts";
import { listFullTraffic, noteFullTraffic } from "./full-traffic-rows.ts";
import type { Row } from "./row.ts";
import {
  type AuditEntry,
  type DeploymentState,
  type DeploymentSummary,
  type NewDeployment,
  type NextTraffic,
  type Page,
  type StoredDeployment,
  StoreError,
  type Traffic,
} from "./store.ts";
import type { Tables } from "./tables.ts";

const STATES = ["stored", "ready", "failed", "disabled"] as const;
const ORIGINS = ["file", "api"] as const;

export interface DeploymentPlace {
  readonly tenant: string;
  readonly version: number;
}

export function addDeployment(
  tables: Tables,
  deployment: NewDeployment,
  audit: AuditEntry,
): DeploymentSummary {
  const { tenant, origin, author, message, sha256, hooks } = deployment;
  const bytes = Buffer.byteLength(deployment.code);
  const createdAtMs = Date.now();
  const logged = (made: number): AuditEntry => ({
    ...audit,
    target: audit.target === "" ? `version ${made}` : audit.target,
  });
  const version = tables.change(logged, () => {
    const [newest] = tables.deployments.list(NEWEST, [tenant]);
    const version = (newest?.integer("version") ?? 0) + 1;
    const written = { tenant, version, origin, author, message, sha256, bytes };
    const made = { state: "stored", reason: "", is_pruned: 0, created_at_ms: createdAtMs };
    tables.deployments.insert({ ...written, ...made, hooks: JSON.stringify(hooks) });
    tables.bundles.insert({ tenant, version, ...bundleOf(deployment) });
    return version;
  });
  const about = { tenant, version, origin, author, message, sha256, bytes, hooks };
  return { ...about, state: "stored", reason: "", isPruned: false, createdAtMs };
}

const NEWEST = "WHERE tenant = ? ORDER BY version DESC LIMIT 1";

const bundleOf = ({ entry, files, code, map, usesUrl, smoke }: NewDeployment) => ({
  entry,
  files: JSON.stringify(files),
  code,
  map,
  uses_url: usesUrl ? 1 : 0,
  smoke: JSON.stringify(smoke),
});

export function listDeployments(
  tables: Tables,
  tenant: string,
  { before, limit }: Page,
): DeploymentSummary[] {
  const tail = "WHERE tenant = ? AND version < ? ORDER BY version DESC LIMIT ?";
  const below = before ?? Number.MAX_SAFE_INTEGER;
  return tables.deployments.list(tail, [tenant, below, limit]).map(toSummary);
}

export function findDeployment(
  tables: Tables,
  { tenant, version }: DeploymentPlace,
): StoredDeployment | null {
  const row = tables.deployments.get(tenant, version);
  if (row === null) return null;
  const summary = toSummary(row);
  if (summary.isPruned) return null;
  const bundle = tables.bundles.get(tenant, version);
  if (bundle === null) {
    const what = `version ${version} of tenant ${tenant}`;
    throw new StoreError("damaged", `Cannot read ${what}: its bundle is gone; restore a backup`);
  }
  return {
    ...summary,
    entry: bundle.text("entry"),
    files: bundle.json("files"),
    code: bundle.text("code"),
    map: bundle.text("map"),
    usesUrl: bundle.claim("uses_url"),
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
): void {
  tables.change(audit, () => writeState(tables, at, change));
}

export function noteHooks(
  tables: Tables,
  { tenant, version }: DeploymentPlace,
  hooks: readonly string[],
): void {
  tables.database.write(() => {
    const row = tables.deployments.get(tenant, version);
    if (row !== null) tables.deployments.put(valuesOf({ ...toSummary(row), hooks }));
  });
}

export function findTraffic(tables: Tables, tenant: string): Traffic | null {
  const row = tables.traffic.get(tenant);
  if (row === null) return null;
  return { versions: row.json("versions"), stickyBy: row.json("sticky_by") };
}

export function setTraffic(
  tables: Tables,
  tenant: string,
  { traffic, audit }: { traffic: NextTraffic; audit: AuditEntry },
): void {
  tables.change(audit, () => {
    for (const { version } of traffic.versions) {
      writeState(tables, { tenant, version }, { state: "ready", reason: "" });
    }
    noteFullTraffic(tables, tenant, { before: findTraffic(tables, tenant), next: traffic });
    const versions = JSON.stringify(traffic.versions);
    tables.traffic.put({ tenant, versions, sticky_by: JSON.stringify(traffic.stickyBy) });
    prune(tables, tenant, traffic);
  });
}

/** The newest keep sources and bundle, those with traffic, and those that rollbacks go to next. */
function prune(tables: Tables, tenant: string, { versions }: Traffic): void {
  const backs = listFullTraffic(tables, tenant).slice(0, LIMITS.rollbacksKept);
  const inUse = new Set([...versions, ...backs].map(({ version }) => version));
  const old = tables.deployments
    .list("WHERE tenant = ? AND is_pruned = 0 ORDER BY version DESC", [tenant])
    .slice(LIMITS.deploymentsKept)
    .filter((row) => !inUse.has(row.integer("version")));
  for (const row of old) {
    const version = row.integer("version");
    tables.deployments.put({ ...valuesOf(toSummary(row)), is_pruned: 1 });
    tables.bundles.remove(tenant, version);
    tables.fullTraffic.remove(tenant, version);
  }
}

function writeState(tables: Tables, { tenant, version }: DeploymentPlace, to: StateChange): void {
  const row = tables.deployments.get(tenant, version);
  if (row === null) {
    throw new StoreError("not_found", `There is no version ${version} of tenant ${tenant}.`);
  }
  tables.deployments.put({ ...valuesOf(toSummary(row)), state: to.state, reason: to.reason });
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

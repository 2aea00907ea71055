// Deployments: a short row for each version, for ever, and its sources and bundle beside it until
// they are pruned. Which versions take traffic is here too.

import { ownerText } from "../../base/config/operator.ts";
import type { Page } from "./records.ts";
import type { Row } from "./row.ts";
import type { Change, Steps } from "./steps.ts";
import {
  type AuditEntry,
  type DeploymentState,
  type DeploymentSummary,
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

export function* nextVersion(tables: Tables, tenant: string): Steps<number> {
  const [newest] = yield* tables.deployments.list(NEWEST, [tenant]);
  return (newest?.integer("version") ?? 0) + 1;
}

const NEWEST = "WHERE tenant = ? ORDER BY version DESC LIMIT 1";

export const missing = ({ tenant, version }: DeploymentPlace): StoreError =>
  new StoreError("not_found", `There is no version ${version} of ${ownerText(tenant)}.`);

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

export function* writeState(
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

export const valuesOf = ({ hooks, isPruned, createdAtMs, ...rest }: DeploymentSummary) => ({
  ...rest,
  hooks: JSON.stringify(hooks),
  is_pruned: isPruned ? 1 : 0,
  created_at_ms: createdAtMs,
});

export const toSummary = (row: Row): DeploymentSummary => ({
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

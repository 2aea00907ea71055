// Tenants made through the admin API, the hosts they claim, and who is suspended.

import { hostsOf } from "../host-claims.ts";
import { beginOf, endOf } from "./identity-rows.ts";
import type { Written } from "./records.ts";
import type { Row } from "./row.ts";
import type { Change, Steps } from "./steps.ts";
import { type AuditEntry, type StoredTenant, StoreError, type TenantChange } from "./store.ts";
import type { Tables } from "./tables.ts";

export function* listTenants(tables: Tables): Steps<StoredTenant[]> {
  return (yield* tables.tenants.list("ORDER BY name")).map(toTenant);
}

export function* findTenant(tables: Tables, name: string): Steps<StoredTenant | null> {
  const row = yield* tables.tenants.get(name);
  return row === null ? null : toTenant(row);
}

/** A line of the audit log for each: its number is the revision, so no two were ever the same. */
export function changeTenants(
  tables: Tables,
  changes: readonly TenantChange[],
): Change<Written<(StoredTenant | null)[]>> {
  const audit = changes.map((change) => change.audit);
  return tables.revise(audit, function* (line) {
    const made: (StoredTenant | null)[] = [];
    for (const change of changes) {
      made.push(yield* changeOne(tables, change, line + made.length));
    }
    // all let go of theirs before any claims, so that hosts can move and be swapped
    for (const { name } of changes) yield* tables.hosts.eraseSome("WHERE tenant = ?", [name]);
    for (const tenant of made) if (tenant !== null) yield* claimHosts(tables, tenant);
    return made;
  });
}

function* changeOne(
  tables: Tables,
  { name, settings, expected, id }: TenantChange,
  revision: number,
): Steps<StoredTenant | null> {
  const before = yield* findTenant(tables, name);
  expectRevision(name, before, expected);
  if (settings === null) {
    const wasThere = yield* endOf(tables, name);
    if (!wasThere) throw new StoreError("not_found", `There is no tenant ${name}.`);
    return null;
  }
  const changedAtMs = Date.now();
  if (before === null) yield* beginOf(tables, { tenant: name, id });
  const createdAtMs = before?.createdAtMs ?? changedAtMs;
  const times = { created_at_ms: createdAtMs, changed_at_ms: changedAtMs };
  yield* tables.tenants.put({ name, settings: JSON.stringify(settings), revision, ...times });
  return { name, settings, revision, createdAtMs, changedAtMs };
}

export function* isSuspended(tables: Tables, tenant: string): Steps<boolean> {
  return (yield* tables.suspended.get(tenant)) !== null;
}

export function setSuspended(
  tables: Tables,
  change: { tenant: string; isSuspended: boolean; audit: AuditEntry },
): Change<number> {
  const { tenant } = change;
  return tables.reviseOnly(change.audit, function* () {
    if (change.isSuspended) yield* tables.suspended.put({ tenant });
    else yield* tables.suspended.erase(tenant);
  });
}

function expectRevision(name: string, now: StoredTenant | null, expected: number | null): void {
  const revision = now?.revision ?? 0;
  if (expected === null || expected === revision) return;
  if (expected === 0) throw new StoreError("conflict", `There is a tenant ${name} already.`);
  const got = revision === 0 ? "there is none" : `it is ${revision}`;
  const message = `Cannot change tenant ${name}: expected revision ${expected}, ${got}`;
  throw new StoreError("conflict", message);
}

function* claimHosts(tables: Tables, { name, settings }: StoredTenant): Steps<void> {
  for (const host of hostsOf(settings)) {
    const other = (yield* tables.hosts.get(host))?.text("tenant");
    if (other !== undefined && other !== name) {
      throw new StoreError("conflict", `Host ${host} belongs to another tenant.`);
    }
    yield* tables.hosts.put({ host, tenant: name });
  }
}

const toTenant = (row: Row): StoredTenant => ({
  name: row.text("name"),
  settings: row.json("settings"),
  revision: row.integer("revision"),
  createdAtMs: row.integer("created_at_ms"),
  changedAtMs: row.integer("changed_at_ms"),
});

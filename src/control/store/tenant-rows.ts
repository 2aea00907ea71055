// Tenants made through the admin API, the hosts they claim, and who is suspended.

import { parseHostPattern } from "../../base/config/address.ts";
import type { Row } from "./row.ts";
import { type AuditEntry, type StoredTenant, StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

export const listTenants = (tables: Tables): StoredTenant[] =>
  tables.tenants.list("ORDER BY name").map(toTenant);

export function findTenant(tables: Tables, name: string): StoredTenant | null {
  const row = tables.tenants.get(name);
  return row === null ? null : toTenant(row);
}

export interface TenantChange {
  readonly tenant: Pick<StoredTenant, "name" | "settings">;
  readonly expected: number | null;
  readonly audit: AuditEntry;
}

export function putTenant(tables: Tables, { tenant, expected, audit }: TenantChange): StoredTenant {
  const { name, settings } = tenant;
  return tables.change(audit, () => {
    const before = findTenant(tables, name);
    expectRevision(name, before, expected);
    const changedAtMs = Date.now();
    const createdAtMs = before?.createdAtMs ?? changedAtMs;
    const revision = (before?.revision ?? 0) + 1;
    tables.tenants.put({
      name,
      settings: JSON.stringify(settings),
      revision,
      created_at_ms: createdAtMs,
      changed_at_ms: changedAtMs,
    });
    claimHosts(tables, name, hostsOf(settings));
    return { name, settings, revision, createdAtMs, changedAtMs };
  });
}

export function deleteTenant(
  tables: Tables,
  { name, expected, audit }: { name: string; expected: number | null; audit: AuditEntry },
): void {
  tables.change(audit, () => {
    const before = findTenant(tables, name);
    if (before === null) throw new StoreError("not_found", `There is no tenant ${name}.`);
    expectRevision(name, before, expected);
    const own = [
      ...[tables.deployments, tables.traffic, tables.suspended, tables.flags],
      ...[tables.secrets, tables.tokens, tables.counters, tables.hosts],
    ];
    for (const table of own) table.delete("WHERE tenant = ?", [name]);
    tables.tenants.remove(name);
  });
}

export const isSuspended = (tables: Tables, tenant: string): boolean =>
  tables.suspended.get(tenant) !== null;

export function setSuspended(
  tables: Tables,
  change: { tenant: string; isSuspended: boolean; audit: AuditEntry },
): void {
  const { tenant } = change;
  tables.change(change.audit, () => {
    if (change.isSuspended) tables.suspended.put({ tenant });
    else tables.suspended.remove(tenant);
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

function claimHosts(tables: Tables, tenant: string, hosts: readonly string[]): void {
  tables.hosts.delete("WHERE tenant = ?", [tenant]);
  for (const host of hosts) {
    const other = tables.hosts.get(host)?.text("tenant");
    if (other !== undefined && other !== tenant) {
      throw new StoreError("conflict", `Host ${host} belongs to another tenant.`);
    }
    tables.hosts.put({ host, tenant });
  }
}

/** In their one spelling: what is no host name is refused above the store. */
function hostsOf(settings: Readonly<Record<string, unknown>>): string[] {
  const hosts: readonly unknown[] = Array.isArray(settings.hosts) ? settings.hosts : [];
  return hosts
    .filter((host) => typeof host === "string")
    .map((host) => parseHostPattern(host) ?? host);
}

const toTenant = (row: Row): StoredTenant => ({
  name: row.text("name"),
  settings: row.json("settings"),
  revision: row.integer("revision"),
  createdAtMs: row.integer("created_at_ms"),
  changedAtMs: row.integer("changed_at_ms"),
});

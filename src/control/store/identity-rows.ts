// Who has a name (base/identity.ts), and all that is theirs. It begins with nothing and ends as a
// whole, so nothing that is kept by name alone outlives its tenant.

import type { Database } from "./database.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import type { Identity } from "./store.ts";
import type { Tables } from "./tables.ts";

export const findIdentity = (tables: Tables, tenant: string): string | null =>
  tables.identities.get(tenant)?.text("id") ?? null;

/** Whoever had that name before, and left something behind, has ended. */
export function beginOf(tables: Tables, { tenant, id }: Identity): void {
  endOf(tables, tenant);
  tables.identities.insert({ tenant, id });
}

/** False: nobody has that name. */
export function endOf(tables: Tables, tenant: string): boolean {
  const own = [
    ...[tables.deployments, tables.traffic, tables.fullTraffic, tables.suspended, tables.flags],
    ...[tables.secrets, tables.certificates, tables.tokens, tables.hosts],
  ];
  for (const table of own) table.delete("WHERE tenant = ?", [tenant]);
  const id = findIdentity(tables, tenant);
  if (id === null) return false;
  tables.counters.delete("WHERE tenant = ?", [id]);
  tables.tenants.remove(tenant);
  return tables.identities.remove(tenant);
}

/** Tenants that an earlier release knew by their names alone are who their names say. */
export function adoptNames(database: Database): void {
  const owners = ["deployments", "traffic", "suspended", "flags", "secrets", "tokens", "counters"];
  const names = owners.map((table) => `SELECT tenant FROM ${table} WHERE tenant IS NOT NULL`);
  const all = database.all(["SELECT name AS tenant FROM tenants", ...names].join(" UNION "));
  const identities = new SealedTable(database, TABLES.identities);
  for (const { tenant } of all) identities.insert({ tenant: String(tenant), id: String(tenant) });
}

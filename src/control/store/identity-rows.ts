// Who has a name (base/identity.ts), and all that is theirs. It begins with nothing and ends as a
// whole, so nothing that is kept by name alone outlives its tenant.

import { ownerText } from "../../base/config/operator.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import { ask, type Steps } from "./steps.ts";
import { type Identity, StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

export function* findIdentity(tables: Tables, tenant: string): Steps<string | null> {
  return (yield* tables.identities.get(tenant))?.text("id") ?? null;
}

/** For a tenant that no change makes: of several machines that name it one is first. */
export function* claimName(tables: Tables, identity: Identity): Steps<void> {
  if ((yield* findIdentity(tables, identity.tenant)) !== null) {
    const text = "expected that nobody has the name, got one that another machine has named";
    throw new StoreError("conflict", `Cannot begin ${ownerText(identity.tenant)}: ${text}`);
  }
  yield* beginOf(tables, identity);
}

/** Of these names those that nobody has. */
export function* claimNames(tables: Tables, born: readonly Identity[]): Steps<void> {
  for (const one of born) {
    if ((yield* findIdentity(tables, one.tenant)) === null) yield* beginOf(tables, one);
  }
}

/** Whoever had that name before, and left something behind, has ended. */
export function* beginOf(tables: Tables, { tenant, id }: Identity): Steps<void> {
  yield* endOf(tables, tenant);
  yield* tables.identities.insert({ tenant, id });
}

/** False: nobody has that name. */
export function* endOf(tables: Tables, tenant: string): Steps<boolean> {
  const own = [
    ...[tables.deployments, tables.traffic, tables.fullTraffic, tables.suspended, tables.flags],
    ...[tables.secrets, tables.certificates, tables.tokens, tables.hosts],
  ];
  for (const table of own) yield* table.eraseSome("WHERE tenant = ?", [tenant]);
  const id = yield* findIdentity(tables, tenant);
  if (id === null) return false;
  yield* tables.counters.eraseSome("WHERE tenant = ?", [id]);
  yield* tables.tenants.erase(tenant);
  return yield* tables.identities.remove(tenant);
}

/** Tenants that an earlier release knew by their names alone are who their names say. */
export function* adoptNames(): Steps<void> {
  const owners = ["deployments", "traffic", "suspended", "flags", "secrets", "tokens", "counters"];
  const names = owners.map((table) => `SELECT tenant FROM ${table} WHERE tenant IS NOT NULL`);
  const sql = ["SELECT name AS tenant FROM tenants", ...names].join(" UNION ");
  const { rows } = yield* ask({ sql, parameters: [], changes: null });
  const identities = new SealedTable(TABLES.identities);
  for (const row of rows) {
    const tenant = String(row.tenant);
    yield* identities.insert({ tenant, id: tenant });
  }
}

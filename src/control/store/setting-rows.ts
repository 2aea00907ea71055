// What a tenant's script reads and no deployment changes: flags in the clear, secrets sealed with
// a key that is not in the database.

import { randomBytes } from "node:crypto";
import { resealAccount } from "./acme-rows.ts";
import { resealCertificate } from "./certificate-rows.ts";
import type { Flag, SecretSummary, Written } from "./records.ts";
import type { Row } from "./row.ts";
import type { SealedTable } from "./sealed-table.ts";
import type { SealedSecret, SecretKeys } from "./secret-keys.ts";
import { type AuditEntry, StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

export const listFlags = (tables: Tables, tenant: string): Flag[] =>
  tables.flags.list(OF_TENANT, [tenant]).map((row) => ({
    name: row.text("name"),
    value: row.json("value"),
    changedAtMs: row.integer("changed_at_ms"),
  }));

/** Names alone: what a damaged one leads to is looked at where it is read. */
export const settingTenants = ({ database }: Tables): string[] =>
  database
    .all("SELECT tenant FROM flags UNION SELECT tenant FROM secrets ORDER BY tenant")
    .map(({ tenant }) => String(tenant));

const OF_TENANT = "WHERE tenant = ? ORDER BY name";

export function putFlag(
  tables: Tables,
  { tenant, name, value, audit }: Pick<Flag, "name" | "value"> & Change,
): Written<Flag> {
  const changedAtMs = Date.now();
  const text = JSON.stringify(value);
  return tables.revise(audit, () => {
    tables.flags.put({ tenant, name, value: text, changed_at_ms: changedAtMs });
    return { name, value, changedAtMs };
  });
}

export function deleteFlag(tables: Tables, { tenant, name, audit }: Change & Named): number {
  const { revision } = tables.revise(audit, () => {
    if (tables.flags.remove(tenant, name)) return;
    throw new StoreError("not_found", `Tenant ${tenant} has no flag ${name}.`);
  });
  return revision;
}

export const listSecrets = (tables: Tables, tenant: string): SecretSummary[] =>
  tables.secrets.list(OF_TENANT, [tenant]).map((row) => ({
    name: row.text("name"),
    changedAtMs: row.integer("changed_at_ms"),
  }));

export function secretValues(
  tables: Tables,
  keys: SecretKeys,
  tenant: string,
): Record<string, string> {
  const rows = tables.secrets.list(OF_TENANT, [tenant]);
  return Object.fromEntries(rows.map((row) => [row.text("name"), opened(row, keys)]));
}

export function putSecret(
  tables: Tables,
  keys: SecretKeys,
  { tenant, name, value, audit }: Change & Named & { readonly value: string },
): Written<SecretSummary> {
  const changedAtMs = Date.now();
  const { keyId, sealed } = keys.seal(value, { tenant, name });
  return tables.revise(audit, () => {
    tables.secrets.put({ tenant, name, key_id: keyId, sealed, changed_at_ms: changedAtMs });
    return { name, changedAtMs };
  });
}

export function deleteSecret(tables: Tables, { tenant, name, audit }: Change & Named): number {
  const { revision } = tables.revise(audit, () => {
    if (tables.secrets.remove(tenant, name)) return;
    throw new StoreError("not_found", `Tenant ${tenant} has no secret ${name}.`);
  });
  return revision;
}

/** Seals with the newest key what an older one sealed. How many, and what no key of ours opens. */
export function resealSecrets(tables: Tables, keys: SecretKeys): Resealed {
  const { currentId } = keys;
  const stale = (table: SealedTable) => table.list("WHERE key_id IS NOT ?", [currentId]);
  const isKnown = (row: Row): boolean => keys.has(row.text("key_id"));
  const all = [tables.secrets, tables.certificates, tables.acmeAccounts].map(stale);
  const lostKeys = [
    ...new Set(
      all
        .flat()
        .filter((row) => !isKnown(row))
        .map(keyIdOf),
    ),
  ];
  const [secrets = [], certificates = [], accounts = []] = all.map((rows) => rows.filter(isKnown));
  const count = secrets.length + certificates.length + accounts.length;
  if (count === 0) return { count, lostKeys };
  const of = { certificates: certificates.length, accounts: accounts.length };
  const detail = { secrets: secrets.length, ...of, key: currentId };
  const target = "secrets";
  tables.change({ actor: "sluice", action: "secrets.reseal", tenant: null, target, detail }, () => {
    for (const row of secrets) resealSecret(tables, keys, row);
    for (const row of certificates) resealCertificate(tables, keys, row);
    for (const row of accounts) resealAccount(tables, keys, row);
  });
  return { count, lostKeys };
}

const keyIdOf = (row: Row): string => row.text("key_id");

function resealSecret(tables: Tables, keys: SecretKeys, row: Row): void {
  const place = { tenant: row.text("tenant"), name: row.text("name") };
  const { keyId, sealed } = keys.seal(opened(row, keys), place);
  const changed_at_ms = row.integer("changed_at_ms");
  tables.secrets.put({ ...place, key_id: keyId, sealed, changed_at_ms });
}

export interface Resealed {
  readonly count: number;
  /** Ids of keys that secrets need and that we do not have. */
  readonly lostKeys: readonly string[];
}

interface Change {
  readonly tenant: string;
  readonly audit: AuditEntry;
}

interface Named {
  readonly name: string;
}

function opened(row: Row, keys: SecretKeys): string {
  const secret: SealedSecret = { keyId: row.text("key_id"), sealed: row.bytes("sealed") };
  return keys.open(secret, { tenant: row.text("tenant"), name: row.text("name") });
}

/** What testers' passes are signed with: whoever has the file could deploy as well. */
export function signingKey(tables: Tables): Buffer {
  const known = tables.ownKeys.get(SIGNING);
  if (known !== null) return known.bytes("bytes");
  const bytes = randomBytes(32);
  tables.database.write(() => tables.ownKeys.insert({ name: SIGNING, bytes }));
  return bytes;
}

const SIGNING = "signing";

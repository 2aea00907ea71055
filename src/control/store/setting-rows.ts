// What a tenant's script reads and no deployment changes: flags in the clear, secrets sealed with
// a key that is not in the database.

import { randomBytes } from "node:crypto";
import { ownerTitle } from "../../base/config/operator.ts";
import type { Flag, SecretSummary, Written } from "./records.ts";
import type { Row } from "./row.ts";
import type { SealedSecret, SecretKeys } from "./secret-keys.ts";
import { ask, readBack, type Steps, type Change as StoreChange } from "./steps.ts";
import { type AuditEntry, StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

export function* listFlags(tables: Tables, tenant: string): Steps<Flag[]> {
  return (yield* tables.flags.list(OF_TENANT, [tenant])).map((row) => ({
    name: row.text("name"),
    value: row.json("value"),
    changedAtMs: row.integer("changed_at_ms"),
  }));
}

/** Names alone: what a damaged one leads to is looked at where it is read. */
export function* settingTenants(): Steps<string[]> {
  const { rows } = yield* ask({ sql: SETTING_TENANTS, parameters: [], changes: null });
  return rows.map(({ tenant }) => String(tenant));
}

const SETTING_TENANTS = "SELECT tenant FROM flags UNION SELECT tenant FROM secrets ORDER BY tenant";

const OF_TENANT = "WHERE tenant = ? ORDER BY name";

export function putFlag(
  tables: Tables,
  { tenant, name, value, audit }: Pick<Flag, "name" | "value"> & Change,
): StoreChange<Written<Flag>> {
  const changedAtMs = Date.now();
  const text = JSON.stringify(value);
  const change = tables.revise(audit, function* () {
    yield* tables.flags.put({ tenant, name, value: text, changed_at_ms: changedAtMs });
    return { name, value, changedAtMs };
  });
  return readBack(change);
}

export function deleteFlag(
  tables: Tables,
  { tenant, name, audit }: Change & Named,
): StoreChange<number> {
  const change = tables.reviseOnly(audit, function* () {
    if (yield* tables.flags.remove(tenant, name)) return;
    throw new StoreError("not_found", `${ownerTitle(tenant)} has no flag ${name}.`);
  });
  return readBack(change);
}

export function* listSecrets(tables: Tables, tenant: string): Steps<SecretSummary[]> {
  return (yield* tables.secrets.list(OF_TENANT, [tenant])).map((row) => ({
    name: row.text("name"),
    changedAtMs: row.integer("changed_at_ms"),
  }));
}

export function* secretValues(
  tables: Tables,
  keys: SecretKeys,
  tenant: string,
): Steps<Record<string, string>> {
  const rows = yield* tables.secrets.list(OF_TENANT, [tenant]);
  return Object.fromEntries(rows.map((row) => [row.text("name"), opened(row, keys)]));
}

export function putSecret(
  tables: Tables,
  keys: SecretKeys,
  { tenant, name, value, audit }: Change & Named & { readonly value: string },
): StoreChange<Written<SecretSummary>> {
  const changedAtMs = Date.now();
  const { keyId, sealed } = keys.seal(value, { tenant, name });
  const change = tables.revise(audit, function* () {
    yield* tables.secrets.put({ tenant, name, key_id: keyId, sealed, changed_at_ms: changedAtMs });
    return { name, changedAtMs };
  });
  return readBack(change);
}

export function deleteSecret(
  tables: Tables,
  { tenant, name, audit }: Change & Named,
): StoreChange<number> {
  const change = tables.reviseOnly(audit, function* () {
    if (yield* tables.secrets.remove(tenant, name)) return;
    throw new StoreError("not_found", `${ownerTitle(tenant)} has no secret ${name}.`);
  });
  return readBack(change);
}

interface Change {
  readonly tenant: string;
  readonly audit: AuditEntry;
}

interface Named {
  readonly name: string;
}

/** Its value with the newest of our keys. */
export function* resealSecret(tables: Tables, keys: SecretKeys, row: Row): Steps<void> {
  const place = { tenant: row.text("tenant"), name: row.text("name") };
  const { keyId, sealed } = keys.seal(opened(row, keys), place);
  const changed_at_ms = row.integer("changed_at_ms");
  yield* tables.secrets.put({ ...place, key_id: keyId, sealed, changed_at_ms });
}

function opened(row: Row, keys: SecretKeys): string {
  const secret: SealedSecret = { keyId: row.text("key_id"), sealed: row.bytes("sealed") };
  return keys.open(secret, { tenant: row.text("tenant"), name: row.text("name") });
}

/** What testers' passes are signed with: whoever has it could deploy as well. */
export function* findSigningKey(tables: Tables): Steps<Buffer | null> {
  return (yield* tables.ownKeys.get(SIGNING))?.bytes("bytes") ?? null;
}

/** The first one that is made stays. */
export function makeSigningKey(tables: Tables): StoreChange<Buffer> {
  return { audit: [], steps: madeSigningKey(tables) };
}

function* madeSigningKey(tables: Tables): Steps<Buffer> {
  const known = yield* findSigningKey(tables);
  if (known !== null) return known;
  const bytes = randomBytes(32);
  yield* tables.ownKeys.insert({ name: SIGNING, bytes });
  return bytes;
}

const SIGNING = "signing";

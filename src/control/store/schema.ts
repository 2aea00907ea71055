// What the database holds, and how one that an earlier release wrote comes up to date. Each table
// has a column `sum`: a checksum over the others, in the order of TABLES (sealed-table.ts).
//
// During a handover two releases have the file open for a moment: a migration must leave what the
// predecessor still does, saving counters, working.

import type { TableShape } from "./sealed-table.ts";

/** "Slce": tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x536c6365;

/** MIGRATIONS[n] brings version n to n + 1. What was released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE tenants (
    name TEXT NOT NULL PRIMARY KEY, settings TEXT NOT NULL, revision INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE hosts (
    host TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (name) ON DELETE CASCADE, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deployments (
    tenant TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    origin TEXT NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, hooks TEXT NOT NULL, is_pruned INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (tenant, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE bundles (
    tenant TEXT NOT NULL, version INTEGER NOT NULL, entry TEXT NOT NULL, files TEXT NOT NULL,
    code TEXT NOT NULL, map TEXT NOT NULL, uses_url INTEGER NOT NULL, smoke TEXT NOT NULL,
    sum BLOB NOT NULL, PRIMARY KEY (tenant, version),
    FOREIGN KEY (tenant, version) REFERENCES deployments (tenant, version) ON DELETE CASCADE
  ) STRICT;
  CREATE TABLE traffic (
    tenant TEXT NOT NULL PRIMARY KEY, versions TEXT NOT NULL, sticky_by TEXT NOT NULL,
    sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE suspended (
    tenant TEXT NOT NULL PRIMARY KEY, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE flags (
    tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, changed_at_ms INTEGER NOT NULL,
    sum BLOB NOT NULL, PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE secrets (
    tenant TEXT NOT NULL, name TEXT NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL,
    changed_at_ms INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL UNIQUE, role TEXT NOT NULL, tenant TEXT,
    created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, actor TEXT NOT NULL,
    action TEXT NOT NULL, tenant TEXT, target TEXT NOT NULL, detail TEXT NOT NULL,
    sum BLOB NOT NULL
  ) STRICT;
  CREATE INDEX audit_of_tenant ON audit (tenant, id);
  CREATE TABLE counters (
    tenant TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, sum BLOB NOT NULL,
    PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE own_keys (
    name TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE full_traffic (
    tenant TEXT NOT NULL, version INTEGER NOT NULL, turn INTEGER NOT NULL,
    since_ms INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (tenant, version),
    FOREIGN KEY (tenant, version) REFERENCES deployments (tenant, version) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE identities (
    tenant TEXT NOT NULL PRIMARY KEY, id TEXT NOT NULL UNIQUE, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE certificates (
    tenant TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, facts TEXT NOT NULL,
    cert TEXT NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL,
    changed_at_ms INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE revision (
    one INTEGER NOT NULL PRIMARY KEY, number INTEGER NOT NULL, lineage TEXT NOT NULL,
    sum BLOB NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE acme_accounts (
    directory TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL, key_id TEXT NOT NULL,
    sealed BLOB NOT NULL, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE acme_orders (
    host TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL, next_ms INTEGER NOT NULL, error TEXT NOT NULL, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE copied (
    one INTEGER NOT NULL PRIMARY KEY, position INTEGER NOT NULL, nonce TEXT NOT NULL,
    lineage TEXT NOT NULL, sum BLOB NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE acme_proofs (
    host TEXT NOT NULL PRIMARY KEY, until_ms INTEGER NOT NULL, key_id TEXT NOT NULL,
    sealed BLOB NOT NULL, sum BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The version from which on a tenant is more than its name. */
export const WITH_IDENTITIES = 4;
/** The version from which on the store has a revision. */
export const WITH_REVISION = 6;

const table = (name: string, key: readonly string[], rest: readonly string[]): TableShape => ({
  name,
  key,
  columns: [...key, ...rest],
});

export const TABLES = {
  tenants: table("tenants", ["name"], ["settings", "revision", "created_at_ms", "changed_at_ms"]),
  hosts: table("hosts", ["host"], ["tenant"]),
  deployments: table(
    "deployments",
    ["tenant", "version"],
    [
      ...["state", "reason", "origin", "author", "message", "sha256", "bytes", "hooks"],
      ...["is_pruned", "created_at_ms"],
    ],
  ),
  bundles: table(
    "bundles",
    ["tenant", "version"],
    ["entry", "files", "code", "map", "uses_url", "smoke"],
  ),
  traffic: table("traffic", ["tenant"], ["versions", "sticky_by"]),
  full_traffic: table("full_traffic", ["tenant", "version"], ["turn", "since_ms"]),
  suspended: table("suspended", ["tenant"], []),
  flags: table("flags", ["tenant", "name"], ["value", "changed_at_ms"]),
  secrets: table("secrets", ["tenant", "name"], ["key_id", "sealed", "changed_at_ms"]),
  certificates: table(
    "certificates",
    ["tenant", "name"],
    ["origin", "facts", "cert", "key_id", "sealed", "changed_at_ms"],
  ),
  acme_accounts: table("acme_accounts", ["directory"], ["url", "key_id", "sealed"]),
  acme_orders: table(
    "acme_orders",
    ["host"],
    ["holder", "until_ms", "failures", "next_ms", "error"],
  ),
  acme_proofs: table("acme_proofs", ["host"], ["until_ms", "key_id", "sealed"]),
  tokens: table("tokens", ["id"], ["hash", "role", "tenant", "created_at_ms", "expires_at_ms"]),
  audit: table("audit", ["id"], ["at_ms", "actor", "action", "tenant", "target", "detail"]),
  counters: table("counters", ["tenant", "name"], ["value"]),
  own_keys: table("own_keys", ["name"], ["bytes"]),
  identities: table("identities", ["tenant"], ["id"]),
  revision: table("revision", ["one"], ["number", "lineage"]),
  // of a copy alone: how far it has come
  copied: table("copied", ["one"], ["position", "nonce", "lineage"]),
} as const;

export type TableName = keyof typeof TABLES;

// The tables in PostgreSQL: those of schema.ts, in a schema of their own, and what only an engine
// has that several proxies share:
//
//   meta      one row: the `format` that the tables have, and the one that a release `needs` to
//             know to share them. `position` grows with each change that proxies copy, without
//             gaps and in the order of the commits. Each change locks it first: one comes after
//             the other.
//   changes   which rows each position changed, not what is in them
//   nodes     the proxies, and until when each is believed to live; nobody has a copy of it
//   leases    what one proxy at a time does, and until when; `epoch` grows with each new holder
//   tallies   how versions fared at each proxy in the last minutes. Not in the write-ahead log, so
//             no standby has it and nobody waits for one: after a crash it begins anew.
//   shared_counts   what each proxy has counted of the counters of all of them; those that are gone
//                   for long have one row together
//   counting        the proxies that count, when each said so last, and what was merged of it
//   shared_uses     what each has let through of a key of a rate limit of all, in one window.
//                   Rows of both change often: their pages have room for the next state of each.
//
// A number of a sequence would not do: it is given before the commit, and whoever reads in between
// misses for ever what commits later with a lower number.

/** FORMATS[n] brings format n to n + 1. What was released is never changed. */
export const FORMATS: readonly string[] = [
  `
  CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL, position BIGINT NOT NULL
  );
  CREATE TABLE changes (
    position BIGINT PRIMARY KEY, nonce TEXT NOT NULL, places TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT now()
  );
  CREATE TABLE tenants (
    name TEXT PRIMARY KEY, settings TEXT NOT NULL, revision BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL, changed_at_ms BIGINT NOT NULL, sum BYTEA NOT NULL
  );
  CREATE TABLE hosts (
    host TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants (name) ON DELETE CASCADE,
    sum BYTEA NOT NULL
  );
  CREATE TABLE deployments (
    tenant TEXT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    origin TEXT NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL, sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL, hooks TEXT NOT NULL, is_pruned BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL, sum BYTEA NOT NULL, PRIMARY KEY (tenant, version)
  );
  CREATE TABLE bundles (
    tenant TEXT NOT NULL, version BIGINT NOT NULL, entry TEXT NOT NULL, files TEXT NOT NULL,
    code TEXT NOT NULL, map TEXT NOT NULL, uses_url BIGINT NOT NULL, smoke TEXT NOT NULL,
    sum BYTEA NOT NULL, PRIMARY KEY (tenant, version),
    FOREIGN KEY (tenant, version) REFERENCES deployments (tenant, version) ON DELETE CASCADE
  );
  CREATE TABLE traffic (
    tenant TEXT PRIMARY KEY, versions TEXT NOT NULL, sticky_by TEXT NOT NULL, sum BYTEA NOT NULL
  );
  CREATE TABLE full_traffic (
    tenant TEXT NOT NULL, version BIGINT NOT NULL, turn BIGINT NOT NULL, since_ms BIGINT NOT NULL,
    sum BYTEA NOT NULL, PRIMARY KEY (tenant, version),
    FOREIGN KEY (tenant, version) REFERENCES deployments (tenant, version) ON DELETE CASCADE
  );
  CREATE TABLE suspended (tenant TEXT PRIMARY KEY, sum BYTEA NOT NULL);
  CREATE TABLE flags (
    tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, changed_at_ms BIGINT NOT NULL,
    sum BYTEA NOT NULL, PRIMARY KEY (tenant, name)
  );
  CREATE TABLE secrets (
    tenant TEXT NOT NULL, name TEXT NOT NULL, key_id TEXT NOT NULL, sealed BYTEA NOT NULL,
    changed_at_ms BIGINT NOT NULL, sum BYTEA NOT NULL, PRIMARY KEY (tenant, name)
  );
  CREATE TABLE certificates (
    tenant TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, facts TEXT NOT NULL,
    cert TEXT NOT NULL, key_id TEXT NOT NULL, sealed BYTEA NOT NULL,
    changed_at_ms BIGINT NOT NULL, sum BYTEA NOT NULL, PRIMARY KEY (tenant, name)
  );
  CREATE TABLE acme_accounts (
    directory TEXT PRIMARY KEY, url TEXT NOT NULL, key_id TEXT NOT NULL, sealed BYTEA NOT NULL,
    sum BYTEA NOT NULL
  );
  CREATE TABLE acme_orders (
    host TEXT PRIMARY KEY, holder TEXT NOT NULL, until_ms BIGINT NOT NULL,
    failures BIGINT NOT NULL, next_ms BIGINT NOT NULL, error TEXT NOT NULL, sum BYTEA NOT NULL
  );
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, hash BYTEA NOT NULL UNIQUE, role TEXT NOT NULL, tenant TEXT,
    created_at_ms BIGINT NOT NULL, expires_at_ms BIGINT, sum BYTEA NOT NULL
  );
  CREATE TABLE audit (
    id BIGINT PRIMARY KEY, at_ms BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    tenant TEXT, target TEXT NOT NULL, detail TEXT NOT NULL, sum BYTEA NOT NULL
  );
  CREATE INDEX audit_of_tenant ON audit (tenant, id);
  CREATE TABLE counters (
    tenant TEXT NOT NULL, name TEXT NOT NULL, value BIGINT NOT NULL, sum BYTEA NOT NULL,
    PRIMARY KEY (tenant, name)
  );
  CREATE TABLE own_keys (name TEXT PRIMARY KEY, bytes BYTEA NOT NULL, sum BYTEA NOT NULL);
  CREATE TABLE identities (tenant TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, sum BYTEA NOT NULL);
  CREATE TABLE revision (
    one BIGINT PRIMARY KEY, number BIGINT NOT NULL, lineage TEXT NOT NULL, sum BYTEA NOT NULL
  );
  INSERT INTO meta (one, format, position) VALUES (1, 0, 0);
  `,
  `
  ALTER TABLE meta ADD COLUMN needs INTEGER NOT NULL DEFAULT 1;
  CREATE TABLE nodes (
    id TEXT PRIMARY KEY, boot TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
    revision BIGINT NOT NULL, refused BIGINT NOT NULL, refusal TEXT NOT NULL,
    figures TEXT NOT NULL, is_drained BOOLEAN NOT NULL DEFAULT false,
    began_at TIMESTAMPTZ NOT NULL, seen_at TIMESTAMPTZ NOT NULL, until TIMESTAMPTZ NOT NULL
  );
  `,
  `
  ALTER TABLE nodes ADD COLUMN address TEXT NOT NULL DEFAULT '';
  CREATE TABLE leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch BIGINT NOT NULL, until TIMESTAMPTZ NOT NULL
  );
  CREATE UNLOGGED TABLE tallies (
    boot TEXT NOT NULL, seq BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL, tallies TEXT NOT NULL,
    PRIMARY KEY (boot, seq)
  );
  CREATE INDEX tallies_at ON tallies (at);
  `,
  `
  CREATE TABLE shared_counts (
    tenant TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    name TEXT NOT NULL, node TEXT NOT NULL, value BIGINT NOT NULL, sequence BIGINT NOT NULL,
    PRIMARY KEY (tenant, name, node)
  ) WITH (fillfactor = 50);
  CREATE INDEX shared_counts_of_node ON shared_counts (node);
  CREATE TABLE shared_uses (
    tenant TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    series TEXT NOT NULL, number BIGINT NOT NULL, key BIGINT NOT NULL, used JSONB NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (tenant, series, number, key)
  ) WITH (fillfactor = 50);
  CREATE INDEX shared_uses_by_end ON shared_uses (ends_at);
  `,
  `
  CREATE TABLE acme_proofs (
    host TEXT PRIMARY KEY, until_ms BIGINT NOT NULL, key_id TEXT NOT NULL, sealed BYTEA NOT NULL,
    sum BYTEA NOT NULL
  );
  `,
  `
  CREATE TABLE counting (node TEXT PRIMARY KEY, seen_at TIMESTAMPTZ NOT NULL, merged JSONB);
  CREATE INDEX counting_unmerged ON counting (seen_at) WHERE merged IS NULL;
  `,
].map(inByteOrder);

/**
 * Releases of this format and later ones can share the tables: a format that only adds tables
 * leaves it as it is, so that proxies of the release before serve on while they are upgraded one
 * by one.
 */
export const NEEDS = 2;

/** The schema that they are in. */
export const SCHEMA = "sluice";

/** Text is ordered as SQLite orders it, whatever the database's own order of letters. */
function inByteOrder(sql: string): string {
  return sql.replaceAll(" TEXT", ' TEXT COLLATE "C"');
}

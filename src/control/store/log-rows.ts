// Tokens, of which only hashes are kept, the audit log, and the counters' last values.

import type { CounterSnapshot, Page, StoredToken } from "./records.ts";
import type { Row } from "./row.ts";
import { type Change, readBack, type Steps } from "./steps.ts";
import { type AuditEntry, type AuditFilter, type AuditLine, StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

const ROLES = ["operator", "deployer", "reader"] as const;

export function* listTokens(tables: Tables): Steps<StoredToken[]> {
  return (yield* tables.tokens.list("ORDER BY created_at_ms, id")).map(toToken);
}

export function addToken(
  tables: Tables,
  token: Omit<StoredToken, "createdAtMs">,
  { hash, audit }: { hash: Buffer; audit: AuditEntry },
): Change<void> {
  const { id, role, tenant, expiresAtMs } = token;
  const times = { created_at_ms: Date.now(), expires_at_ms: expiresAtMs };
  const work = () => tables.tokens.insert({ id, hash, role, tenant, ...times });
  return readBack(tables.change(audit, work));
}

export function* findToken(tables: Tables, hash: Buffer): Steps<StoredToken | null> {
  const [row] = yield* tables.tokens.list("WHERE hash = ?", [hash]);
  return row === undefined ? null : toToken(row);
}

export function deleteToken(tables: Tables, id: string, audit: AuditEntry): Change<void> {
  const change = tables.change(audit, function* () {
    if (yield* tables.tokens.remove(id)) return;
    throw new StoreError("not_found", `There is no token ${id}.`);
  });
  return readBack(change);
}

const toToken = (row: Row): StoredToken => ({
  id: row.text("id"),
  role: row.word("role", ROLES),
  tenant: row.textOrNull("tenant"),
  createdAtMs: row.integer("created_at_ms"),
  expiresAtMs: row.integerOrNull("expires_at_ms"),
});

export function* listAudit(
  tables: Tables,
  filter: AuditFilter,
  { before, limit }: Page,
): Steps<AuditLine[]> {
  const { tenant, actor = null, action = null, fromMs = null, toMs = null, after = null } = filter;
  const below = before ?? Number.MAX_SAFE_INTEGER;
  const all: readonly (readonly [sql: string, ...values: (string | number | null)[]])[] = [
    ["tenant = ?", tenant],
    ["actor = ?", actor],
    // of a kind: `deployment` has `deployment.create` in it
    ["(action = ? OR substr(action, 1, ?) = ?)", action, (action ?? "").length + 1, `${action}.`],
    ["at_ms >= ?", fromMs],
    ["at_ms < ?", toMs],
    ["id > ?", after],
    ["id < ?", below],
  ];
  const asked = all.filter(([, value]) => value !== null);
  const where = asked.map(([sql]) => sql).join(" AND ");
  const values = asked.flatMap(([, ...given]) => given);
  const tail = `WHERE ${where} ORDER BY id DESC LIMIT ?`;
  return (yield* tables.audit.list(tail, [...values, limit])).map(toAuditLine);
}

const toAuditLine = (row: Row): AuditLine => ({
  id: row.integer("id"),
  atMs: row.integer("at_ms"),
  actor: row.text("actor"),
  action: row.text("action"),
  tenant: row.textOrNull("tenant"),
  target: row.text("target"),
  detail: row.json("detail"),
});

export function* listCounters(tables: Tables): Steps<CounterSnapshot[]> {
  return (yield* tables.counters.list("ORDER BY tenant, name")).map((row) => ({
    tenant: row.text("tenant"),
    name: row.text("name"),
    value: row.big("value"),
  }));
}

/**
 * Once a second: a kill loses none of it, the loss of power may lose the last ones. One that counts
 * nothing is as good as none.
 */
export function* saveCounters(tables: Tables, counters: readonly CounterSnapshot[]): Steps<void> {
  for (const counter of counters) yield* write(tables, counter);
}

export function putCounter(
  tables: Tables,
  counter: CounterSnapshot,
  audit: AuditEntry,
): Change<void> {
  const noted = tables.change(audit, function* () {});
  return { ...noted, own: write(tables, counter) };
}

function* write(tables: Tables, { tenant, name, value }: CounterSnapshot): Steps<void> {
  if (value === 0n) yield* tables.counters.erase(tenant, name);
  else yield* tables.counters.put({ tenant, name, value });
}

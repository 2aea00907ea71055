// Makes the tables in PostgreSQL, or brings those of an older release up to date; and checks that
// they are what this release understands.

import type { ClientBase } from "pg";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { beginRevision } from "../revision-row.ts";
import { follow } from "../steps.ts";
import { StoreError } from "../store.ts";
import { answer } from "./answer.ts";
import { clientConfig, end } from "./connect.ts";
import { toStoreError } from "./errors.ts";
import { FORMATS, NEEDS, SCHEMA } from "./schema.ts";

export interface Migrated {
  /** 0: there was nothing. */
  readonly from: number;
  readonly to: number;
}

/**
 * @param grant  role that may read and write the tables from now on; null: their owner alone
 * @param formats  of another release, for whoever tries how two of them share the tables
 */
export async function migratePostgres(
  address: PostgresAddress,
  grant: string | null,
  formats: Formats = OWN,
): Promise<Migrated> {
  const { LineClient } = await import("./line-client.ts");
  const client = new LineClient(clientConfig(address));
  // whoever waits for an answer is told
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    const from = await makeTables(client, formats);
    if (grant !== null) await client.query(grants(client.escapeIdentifier(grant)));
    await client.query("COMMIT");
    return { from, to: formats.all.length };
  } catch (thrown) {
    throw notAllowed(thrown, address) ?? toStoreError(thrown, address) ?? thrown;
  } finally {
    await end(client);
  }
}

/** Of one release. */
export interface Formats {
  /** What brings each to the next. */
  readonly all: readonly string[];
  /** That a release must know to share the last of them. */
  readonly needs: number;
}

const OWN: Formats = { all: FORMATS, needs: NEEDS };

/** What `meta` says, whatever columns it has: those of an older release have no `needs`. */
export const FORMAT = "to_jsonb(meta)->>'format' AS format, to_jsonb(meta)->>'needs' AS needs";

interface Format {
  readonly format?: unknown;
  readonly needs?: unknown;
}

/** The tables are of a release that this one cannot share them with. */
export class FormatError extends StoreError {}

/** Throws FormatError unless this release can use the tables. */
export function expectFormat(found: Format | undefined): void {
  const format = Number(found?.format ?? 0);
  const isOld = format < FORMATS.length;
  if (!isOld && Number(found?.needs ?? 0) <= FORMATS.length) return;
  const todo = isOld ? "run: sluice store migrate" : "a newer Sluice made them; upgrade";
  const text = `expected tables of format ${FORMATS.length}, got ${format}; ${todo}`;
  throw new FormatError("unavailable", `Cannot use the store in PostgreSQL: ${text}`);
}

/** Results in the format that they had. */
async function makeTables(client: ClientBase, { all, needs }: Formats): Promise<number> {
  const { rows } = await client.query("SELECT to_regclass($1) IS NOT NULL AS there", [META]);
  const isThere = rows[0]?.there === "t";
  if (!isThere) await makeSchema(client);
  const found = isThere ? (await client.query("SELECT format FROM meta")).rows[0] : undefined;
  const from = Number(found?.format ?? 0);
  for (const sql of all.slice(from)) await client.query(sql);
  if (from === 0) await follow(beginRevision(), (asked) => answer(client, asked));
  const made = [all.length, needs];
  if (from < all.length) await client.query("UPDATE meta SET format = $1, needs = $2", made);
  return from;
}

/** Somebody who may not make schemas may have been given this one. */
async function makeSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [SCHEMA]);
  if (rows.length === 0) await client.query(`CREATE SCHEMA ${SCHEMA}`);
}

const META = `${SCHEMA}.meta`;
/** Of the database, while somebody migrates: "Slce". */
const LOCK = 0x536c6365;

const grants = (role: string): string =>
  `GRANT USAGE ON SCHEMA ${SCHEMA} TO ${role}; ` +
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${SCHEMA} TO ${role}; ` +
  // of formats to come
  `ALTER DEFAULT PRIVILEGES IN SCHEMA ${SCHEMA} ` +
  `GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`;

function notAllowed(thrown: unknown, { database, user, shown }: PostgresAddress) {
  if (!(thrown instanceof Error && "code" in thrown && thrown.code === "42501")) return null;
  const text = `expected that ${user} may make tables, got: ${thrown.message}; the owner runs`;
  const sql = `GRANT CREATE ON DATABASE "${database}" TO "${user}"`;
  const options = { cause: thrown };
  return new StoreError("unavailable", `Cannot migrate ${shown}: ${text}: ${sql}`, options);
}

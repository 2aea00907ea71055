// Moves a store from a file to PostgreSQL, and back: every row as it is, with its seal, in one
// transaction. The source stays as it was.

import { existsSync, rmSync } from "node:fs";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import type { RowCounts } from "../backup.ts";
import { StoreClaim } from "../claim.ts";
import { sealedTable } from "../cluster/copy.ts";
import { Database } from "../database.ts";
import { openFile, verifyAll } from "../open-store.ts";
import { TABLES, type TableName } from "../schema.ts";
import { ask, type Key, type Steps } from "../steps.ts";
import { StoreError } from "../store.ts";
import { end, openPool } from "./connect.ts";
import { PostgresEngine } from "./engine.ts";
import { toStoreError } from "./errors.ts";
import { expectFormat, FORMAT } from "./migrate.ts";

/** What each proxy has for itself: how far its copy has come, and what it counts. */
const OWN: ReadonlySet<string> = new Set(["copied", "counters"]);

/** Those that others refer to first. */
const MOVED = Object.keys(TABLES).filter(
  (name): name is TableName => name in TABLES && !OWN.has(name),
);

/** What every store has, whatever is in it. */
const ALWAYS: ReadonlySet<string> = new Set(["revision", "own_keys"]);

/** A proxy may use the file meanwhile: what it changes from here on is not moved. */
export async function moveToPostgres(path: string, address: PostgresAddress): Promise<RowCounts> {
  if (!existsSync(path)) throw failed(`read the store ${path}: there is no such file`);
  using claim = StoreClaim.share(path);
  if (claim === null) throw failed(`read the store ${path}: a restore is under way`);
  using database = new Database(path);
  // one moment of it, for all that follows
  database.exec("BEGIN");
  if (verifyAll(database).size === 0) {
    throw failed(`move ${path}: an older release wrote it; start this one with it once`);
  }
  return await withEngine(address, async (engine) => {
    const counts = new Map<string, number>();
    await engine.writeLightly(fill(database, counts));
    return counts;
  });
}

function* fill(database: Database, counts: Map<string, number>): Steps<void> {
  for (const name of MOVED.filter((one) => !ALWAYS.has(one))) yield* expectEmpty(name);
  for (const name of MOVED) {
    const table = sealedTable(name);
    if (ALWAYS.has(name)) yield* table.eraseSome("", []);
    for (const keys of pieces(name, database.take(table.seals()))) {
      yield* table.copyAllIn(database.take(table.raw(keys)));
      counts.set(name, (counts.get(name) ?? 0) + keys.length);
    }
  }
}

function* expectEmpty(name: TableName): Steps<void> {
  const sql = `SELECT 1 FROM ${name} LIMIT 1`;
  const { rows } = yield* ask({ sql, parameters: [], changes: null });
  if (rows.length === 0) return;
  throw failed(`move into PostgreSQL: expected empty tables, got rows in ${name}`);
}

/** Into a new file. */
export async function moveToFile(address: PostgresAddress, path: string): Promise<RowCounts> {
  if (existsSync(path)) throw failed(`move to ${path}: expected no file there, got one`);
  const { database, close } = await openFile({ path, isSuccessor: false });
  try {
    const counts = new Map<string, number>();
    const read = drain((name, rows) => {
      database.take(rows);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    });
    database.exec("BEGIN IMMEDIATE");
    for (const name of ALWAYS) database.run(`DELETE FROM ${name}`);
    await withEngine(address, (engine) => engine.read(read));
    database.exec("COMMIT");
    await close();
    return counts;
  } catch (thrown) {
    await close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    throw thrown;
  }
}

/** @param put  told of each row, as what puts it into a store */
function* drain(put: (name: TableName, row: Steps<void>) => void): Steps<void> {
  for (const name of MOVED) {
    const table = sealedTable(name);
    for (const keys of pieces(name, yield* table.seals())) {
      for (const row of yield* table.raw(keys)) put(name, table.copyIn(row));
    }
  }
}

/** How many rows are held at once: a bundle may have 12 MB, all others are small. */
const ROWS = 200;
const BUNDLES = 4;

function* pieces(name: TableName, all: readonly { readonly key: Key }[]): Generator<Key[]> {
  const size = name === "bundles" ? BUNDLES : ROWS;
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size).map(({ key }) => key);
}

async function withEngine<T>(
  address: PostgresAddress,
  work: (engine: PostgresEngine) => Promise<T>,
): Promise<T> {
  const pool = await openPool(address);
  try {
    expectFormat((await pool.query(`SELECT ${FORMAT} FROM meta`)).rows[0]);
    return await work(new PostgresEngine({ pool, address, onAudit: () => {} }));
  } catch (thrown) {
    throw toStoreError(thrown, address) ?? thrown;
  } finally {
    await end(pool);
  }
}

const failed = (what: string): StoreError => new StoreError("unavailable", `Cannot ${what}`);

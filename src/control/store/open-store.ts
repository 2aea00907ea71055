// Opening the store: the file claimed, made or brought up to date, and looked through for damage.
// What is damaged is refused here, before anything is served from it.

import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { LIMITS } from "../../base/limits.ts";
import { StoreClaim } from "./claim.ts";
import { Database } from "./database.ts";
import { adoptNames } from "./identity-rows.ts";
import { beginRevision } from "./revision-row.ts";
import {
  APPLICATION_ID,
  MIGRATIONS,
  TABLES,
  type TableName,
  WITH_IDENTITIES,
  WITH_REVISION,
} from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import type { SecretKeys } from "./secret-keys.ts";
import { SqlStore } from "./sql-store.ts";
import { SqliteEngine } from "./sqlite-engine.ts";
import { StoreError } from "./store.ts";
import type { OnAudit } from "./tables.ts";

export interface OpenOptions {
  /** Null: in memory, forgotten when it is closed. */
  readonly path: string | null;
  readonly keys: SecretKeys;
  /** The process that owns it hands over to this one: it is opened beside the other. */
  readonly isSuccessor?: boolean;
  readonly onAudit?: OnAudit;
}

export interface OpenStore {
  readonly store: SqlStore;
  /** Resolves when this process alone has it: at once, but for a successor. */
  readonly owned: Promise<void>;
  close(): Promise<void>;
}

/** Throws StoreError: one sentence that says what to do. */
export async function openStore(options: OpenOptions): Promise<OpenStore> {
  const { path, keys, isSuccessor, onAudit = () => undefined } = options;
  if (path === null) {
    const store = new SqlStore(new SqliteEngine(openDatabase(null), onAudit), keys);
    return { store, owned: Promise.resolve(), close: () => store.close() };
  }
  const { database, owned, close } = await openFile({ path, isSuccessor });
  return { store: new SqlStore(new SqliteEngine(database, onAudit), keys), owned, close };
}

export interface OpenFile extends Pick<OpenStore, "owned" | "close"> {
  readonly database: Database;
}

/** The database of a store, claimed. Throws StoreError. */
export async function openFile({
  path,
  isSuccessor,
}: {
  readonly path: string;
  readonly isSuccessor: boolean | undefined;
}): Promise<OpenFile> {
  makeFile(path);
  const claim = StoreClaim.share(path);
  if (claim === null) throw inUse(path, "a restore");
  try {
    if (isSuccessor !== true && !(await claim.own(LIMITS.storeOwnerMs))) {
      throw inUse(path, "another proxy");
    }
    const database = openDatabase(path);
    const close = async (): Promise<void> => {
      database.close();
      claim[Symbol.dispose]();
    };
    return { database, owned: owned(claim), close };
  } catch (thrown) {
    claim[Symbol.dispose]();
    throw thrown;
  }
}

async function owned(claim: StoreClaim): Promise<void> {
  await claim.own(Number.POSITIVE_INFINITY);
}

/** Up to date, and without damage in all that is small; bundles are checked when they are read. */
function openDatabase(path: string | null): Database {
  const database = new Database(path);
  try {
    expectOurs(database);
    expectSound(database);
    database.configure();
    migrate(database);
    expectSchema(database);
    verifyRows(database, AT_START);
    return database;
  } catch (thrown) {
    database.close();
    throw asDamage(thrown, database);
  }
}

/** Our own SQL fails on a file only if what it says of its tables is not true any more. */
function asDamage(thrown: unknown, { path }: Database): unknown {
  if (thrown instanceof StoreError || !(thrown instanceof Error)) return thrown;
  return "errcode" in thrown ? damaged(path, thrown.message, thrown) : thrown;
}

const ALL = Object.keys(TABLES).filter((name): name is TableName => name in TABLES);
const LARGE: readonly TableName[] = ["bundles", "audit"];
const AT_START = ALL.filter((name) => !LARGE.includes(name));

/** Every row of every table. How many there are, by table. Throws StoreError. */
export function verifyAll(database: Database): ReadonlyMap<string, number> {
  expectOurs(database);
  expectSound(database);
  expectSchema(database);
  // what an older release wrote is brought up to date, and looked through, when it is opened
  const isOld = Number(database.pragma("user_version")) < MIGRATIONS.length;
  return isOld ? new Map() : verifyRows(database, ALL);
}

function verifyRows(database: Database, names: readonly TableName[]): ReadonlyMap<string, number> {
  return new Map(
    names.map((name) => [
      name,
      new SealedTable(TABLES[name]).verify((sql) => database.iterate(sql)),
    ]),
  );
}

/** An empty file will be ours. */
function expectOurs(database: Database): void {
  const version = Number(database.pragma("user_version"));
  const application = Number(database.pragma("application_id"));
  if (version === 0 && application === 0) {
    const [tables] = database.all("SELECT count(*) AS count FROM sqlite_schema");
    if (Number(tables?.count) === 0) return;
  }
  if (application !== APPLICATION_ID) throw damaged(database.path, "another database");
  if (version > MIGRATIONS.length) {
    const where = `Cannot use the store ${database.path}`;
    const message = `${where}: expected version ${MIGRATIONS.length} or older, got ${version}`;
    throw new StoreError("unavailable", `${message}: a newer Sluice wrote it`);
  }
}

function expectSound(database: Database): void {
  const problem = String(database.pragma("integrity_check(1)"));
  if (problem === "ok") return;
  const [line] = problem.split("\n");
  throw damaged(database.path, line ?? problem);
}

/** SQLite believes the text in which a table is described: a flipped bit there renames a column. */
function expectSchema(database: Database): void {
  const fresh = new Database(null);
  migrate(fresh, Number(database.pragma("user_version")));
  const [expected, got] = [fresh, database].map((one) =>
    one.all("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"),
  );
  fresh.close();
  if (!isDeepStrictEqual(got, expected)) throw damaged(database.path, "a damaged schema");
}

const damaged = (path: string | null, got: string, cause?: Error): StoreError =>
  new StoreError(
    "damaged",
    `Cannot use the store ${path}: expected a sound store of Sluice, got ${got}; ` +
      "restore a backup: sluice store restore FILE",
    { cause },
  );

function migrate(database: Database, target = MIGRATIONS.length): void {
  for (;;) {
    const version = Number(database.pragma("user_version"));
    const migration = MIGRATIONS[version];
    if (migration === undefined || version >= target) return;
    database.write(() => {
      // another process may have been first
      if (Number(database.pragma("user_version")) !== version) return;
      database.exec(migration);
      if (version + 1 === WITH_IDENTITIES) database.take(adoptNames());
      if (version + 1 === WITH_REVISION) database.take(beginRevision());
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${version + 1}`);
    });
  }
}

/** Readable by this user alone; SQLite makes its other files with the modes of this one. */
function makeFile(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
    syncFolder(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError("unavailable", `Cannot make the store ${path}: ${reason}`, { cause });
  }
}

/** A new name is on the disk when its folder is. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const inUse = (path: string, who: string): StoreError =>
  new StoreError(
    "unavailable",
    `Cannot use the store ${path}: ${who} uses it; wait for its end, or give this proxy a store ` +
      "of its own (store: sqlite:PATH)",
  );

// Copies of the store: taken while a proxy uses it, looked through before they count as copies, and
// put back when nobody uses it. What was there before a restore is kept beside it.

import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { StoreClaim } from "./claim.ts";
import { Database } from "./database.ts";
import { syncFolder, verifyAll } from "./open-store.ts";
import { StoreError } from "./store.ts";

/** How many rows there are, by table. */
export type RowCounts = ReadonlyMap<string, number>;

/** Every row of the store at `path`. Throws StoreError, also if there is none. */
export function checkStore(path: string): RowCounts {
  using database = openExisting(path);
  return verifyAll(database);
}

/** One moment of the store, whatever is written meanwhile. Throws StoreError. */
export function backUpStore(path: string, target: string): RowCounts {
  if (existsSync(target)) throw failed(`back up to ${target}: expected no file there, got one`);
  using claim = StoreClaim.share(path);
  if (claim === null) throw failed(`back up ${path}: a restore is under way`);
  const partial = `${target}.partial`;
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, "wx", 0o600));
    {
      using database = openExisting(path);
      database.run("VACUUM INTO ?", [partial]);
    }
    const rows = checkStore(partial);
    settle(partial, target);
    return rows;
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown instanceof StoreError ? thrown : failed(`back up to ${target}`, thrown);
  }
}

export interface Restored {
  readonly rows: RowCounts;
  /** Where the store that was there before is now; null: there was none. */
  readonly replaced: string | null;
}

/** Throws StoreError, with nothing changed, if somebody uses the store or the copy is damaged. */
export function restoreStore(path: string, source: string): Restored {
  const rows = checkStore(source);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  using alone = StoreClaim.alone(path);
  if (alone === null) {
    throw failed(`restore ${path}: expected that nobody uses it, got a proxy that does; stop it`);
  }
  const partial = `${path}.restoring`;
  try {
    copyFileSync(source, partial);
    chmodSync(partial, 0o600);
    checkStore(partial);
    const replaced = existsSync(path) ? keepOld(path) : null;
    settle(partial, path);
    return { rows, replaced };
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown instanceof StoreError ? thrown : failed(`restore ${path}`, thrown);
  }
}

/** A copy stays beside. Its log goes into it first, if it can: then each step may be the last. */
function keepOld(path: string): string {
  foldLog(path);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const kept = `${path}.replaced-${stamp}`;
  for (const suffix of ["", "-wal"]) {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, kept + suffix);
  }
  // SQLite would apply a log that stayed to the file that takes this one's place
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  return kept;
}

function foldLog(path: string): void {
  try {
    using database = new Database(path);
    database.checkpoint();
  } catch {
    // it is damaged: that is why somebody restores
  }
}

/** The name is there with all of the content, or not at all. */
function settle(partial: string, target: string): void {
  const descriptor = openSync(partial, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(partial, target);
  syncFolder(dirname(target));
}

function openExisting(path: string): Database {
  if (!existsSync(path)) throw failed(`read the store ${path}: there is no such file`);
  return new Database(path);
}

function failed(what: string, cause?: unknown): StoreError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new StoreError("unavailable", `Cannot ${what}${reason}`, { cause });
}

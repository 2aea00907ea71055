// Who may use the file, between processes. A lock beside the database, held for as long as a
// process lives, whatever ends it:
//
//   a proxy            holds it shared ("in use") and, one at a time, reserved ("the owner")
//   its successor      holds it shared too, and becomes the owner when the predecessor has ended
//   a restore          needs it alone
//
// The locks are SQLite's own, on an empty file: they work on every platform, and go with the
// process.

import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../../base/limits.ts";
import { StoreError } from "./store.ts";

const BUSY = 5;

export class StoreClaim implements Disposable {
  readonly #path: string;
  readonly #use: DatabaseSync;
  #owner: DatabaseSync | null = null;
  #isReleased = false;

  private constructor(path: string, use: DatabaseSync) {
    this.#path = path;
    this.#use = use;
  }

  /** In use by this process too. Null: a restore is under way. */
  static share(database: string): StoreClaim | null {
    const path = lockOf(database);
    const use = locked(path, "BEGIN; SELECT count(*) FROM sqlite_schema");
    return use === null ? null : new StoreClaim(path, use);
  }

  /** For this process alone. Null: another one uses it. */
  static alone(database: string): Disposable | null {
    const lock = locked(lockOf(database), "BEGIN EXCLUSIVE");
    return lock === null ? null : { [Symbol.dispose]: () => lock.close() };
  }

  /** Resolves to whether this process is the owner now: waits a moment for another's end. */
  async own(withinMs: number): Promise<boolean> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      if (this.#isReleased) return false;
      this.#owner ??= locked(this.#path, "BEGIN IMMEDIATE");
      if (this.#owner !== null) return true;
      if (performance.now() >= untilMs) return false;
      // a start waits for it; a process that serves already may end meanwhile
      await sleep(LIMITS.storeClaimMs, undefined, { ref: Number.isFinite(withinMs) });
    }
  }

  [Symbol.dispose](): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#owner?.close();
    this.#use.close();
  }
}

const lockOf = (database: string): string => `${database}.lock`;

/** Null: somebody else's lock is in the way. */
function locked(path: string, sql: string): DatabaseSync | null {
  const lock = openLock(path);
  try {
    // nothing is ever written: no journal may stay behind
    lock.exec("PRAGMA journal_mode = MEMORY");
    lock.exec(sql);
    return lock;
  } catch (thrown) {
    lock.close();
    if (thrown instanceof Error && "errcode" in thrown && thrown.errcode === BUSY) return null;
    throw thrown;
  }
}

function openLock(path: string): DatabaseSync {
  try {
    closeSync(openSync(path, "a", 0o600));
    return new DatabaseSync(path, { timeout: 0 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError("unavailable", `Cannot lock the store with ${path}: ${reason}`, { cause });
  }
}

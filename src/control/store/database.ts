// The SQLite connection: opened with what we need of it, statements kept, transactions, and
// SQLite's errors in the words of the store. Knows no tables.

import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { LIMITS } from "../../base/limits.ts";
import { type Columns, type Statement, type StatementResult, type Steps, take } from "./steps.ts";
import { StoreError, type StoreFault } from "./store.ts";

export class Database implements Disposable {
  /** Null: in memory. */
  readonly path: string | null;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Throws StoreError. The file must be there, or it is made with the modes of this process. */
  constructor(path: string | null) {
    this.path = path;
    try {
      this.#connection = new DatabaseSync(path ?? ":memory:", {
        readBigInts: true,
        timeout: LIMITS.storeBusyMs,
      });
      this.#connection.function("now_ms", () => BigInt(Date.now()));
    } catch (thrown) {
      throw this.#toStoreError(thrown);
    }
  }

  /** What each connection that writes needs. */
  configure(): void {
    this.exec("PRAGMA journal_mode = WAL");
    // an acknowledged write survives the loss of power too
    this.exec("PRAGMA synchronous = FULL");
    this.exec(`PRAGMA journal_size_limit = ${LIMITS.storeLogBytes}`);
    this.exec("PRAGMA cell_size_check = ON");
    this.exec("PRAGMA trusted_schema = OFF");
  }

  exec(sql: string): void {
    this.#guarded(() => this.#connection.exec(sql));
  }

  take<T>(steps: Steps<T>): T {
    return take(steps, (statement) => this.#answer(statement));
  }

  #answer({ sql, parameters, changes }: Statement): StatementResult {
    return changes === null
      ? { rows: this.all(sql, parameters), changed: 0 }
      : { rows: [], changed: this.run(sql, parameters) };
  }

  /** How many rows changed. */
  run(sql: string, parameters: readonly SQLInputValue[] = []): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...parameters).changes));
  }

  all(sql: string, parameters: readonly SQLInputValue[] = []): Columns[] {
    return this.#guarded(() => this.#statement(sql).all(...parameters));
  }

  *iterate(sql: string): Generator<Columns> {
    const rows = this.#guarded(() => this.#statement(sql).iterate());
    for (;;) {
      const next = this.#guarded(() => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** The one value of a pragma. */
  pragma(name: string): SQLOutputValue {
    const [row] = this.all(`PRAGMA ${name}`);
    return Object.values(row ?? {})[0] ?? null;
  }

  /** All of it or nothing; durable when it returns. */
  write<T>(work: () => T): T {
    this.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (thrown) {
      this.#rollBack();
      throw thrown;
    }
  }

  /** As `write`, but what it wrote may be lost with the power; a kill does not lose it. */
  writeLightly<T>(work: () => T): T {
    this.exec("PRAGMA synchronous = NORMAL");
    try {
      return this.write(work);
    } finally {
      this.exec("PRAGMA synchronous = FULL");
    }
  }

  /**
   * Moves what is in the log into the file. Damage to a log is not found, since its end may be
   * torn; damage to the file is: so what was acknowledged does not stay in the log.
   */
  checkpoint(): void {
    try {
      this.#connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // the disk is full, or somebody reads: the next one does it
    }
  }

  /** Two calls are as good as one. */
  close(): void {
    if (!this.#connection.isOpen) return;
    this.#statements.clear();
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#connection.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #rollBack(): void {
    // SQLite has rolled back by itself after some failures, such as a full disk
    if (this.#connection.isTransaction) this.exec("ROLLBACK");
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw this.#toStoreError(thrown);
    }
  }

  #toStoreError(thrown: unknown): unknown {
    if (!(thrown instanceof Error) || !("errcode" in thrown)) return thrown;
    const fault = faultOf(Number(thrown.errcode));
    if (fault === null) return thrown;
    const where = this.path ?? "in memory";
    const then = fault === "damaged" ? "; restore a backup: sluice store restore FILE" : "";
    const message = `Cannot use the store ${where}: ${thrown.message}${then}`;
    return new StoreError(fault, message, { cause: thrown });
  }
}

/** SQLite's primary result codes. */
const UNAVAILABLE: ReadonlySet<number> = new Set([3, 5, 6, 8, 10, 13, 14, 15, 22, 23]);
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);
const CONSTRAINT = 19;

/** Null: a defect of ours, not of the disk. */
function faultOf(code: number): StoreFault | null {
  const primary = code & 0xff;
  if (UNAVAILABLE.has(primary)) return "unavailable";
  if (DAMAGED.has(primary)) return "damaged";
  return primary === CONSTRAINT ? "conflict" : null;
}

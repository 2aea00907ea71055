// Tables whose rows carry a checksum. SQLite finds damage to its own structure, not to what is
// written in it: a flipped bit in a bundle would be served. So each row is sealed as it is
// written, and no row is handed out whose seal is broken.

import { hash, timingSafeEqual } from "node:crypto";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { Row } from "./row.ts";
import type { Columns, Steps } from "./steps.ts";
import { StoreError } from "./store.ts";

export interface TableShape {
  readonly name: string;
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** All but `sum`, the key's first. */
  readonly columns: readonly string[];
}

/** The primary key of one row. */
export type Key = readonly (string | number)[];

export const keyPart = (value: SQLOutputValue | undefined): string | number =>
  typeof value === "bigint" ? Number(value) : String(value);

/** A value for each column of the table. */
export type Values = Readonly<Record<string, SQLInputValue>>;

/** Half a SHA-256: damage is not an adversary. */
const SUM_BYTES = 16;

export class SealedTable {
  readonly #shape: TableShape;
  readonly #insert: string;
  readonly #replace: string;
  readonly #select: string;
  readonly #byKey: string;

  constructor(shape: TableShape) {
    this.#shape = shape;
    const { name, key, columns } = shape;
    const all = [...columns, "sum"];
    const changed = all.filter((column) => !key.includes(column));
    const marks = all.map(() => "?").join(", ");
    this.#insert = `INSERT INTO ${name} (${all.join(", ")}) VALUES (${marks})`;
    const sets = changed.map((column) => `${column} = excluded.${column}`).join(", ");
    this.#replace = `${this.#insert} ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${sets}`;
    this.#select = `SELECT ${all.join(", ")} FROM ${name}`;
    this.#byKey = `WHERE ${key.map((column) => `${column} = ?`).join(" AND ")}`;
  }

  /** Throws if the key is there already. */
  *insert(values: Values): Steps<void> {
    yield* this.#change(this.#insert, this.#sealed(values));
  }

  *put(values: Values): Steps<void> {
    yield* this.#change(this.#replace, this.#sealed(values));
  }

  *get(...key: SQLInputValue[]): Steps<Row | null> {
    const [row = null] = yield* this.list(this.#byKey, key);
    return row;
  }

  /** @param tail WHERE, ORDER BY and LIMIT, in SQL of ours */
  *list(tail = "", parameters: readonly SQLInputValue[] = []): Steps<Row[]> {
    const { rows } = yield { sql: `${this.#select} ${tail}`, parameters, changes: null };
    return rows.map((columns) => this.#opened(columns));
  }

  /** Results in how many there were. */
  delete(tail: string, parameters: readonly SQLInputValue[]): Steps<number> {
    return this.#change(`DELETE FROM ${this.#shape.name} ${tail}`, parameters);
  }

  *remove(...key: SQLInputValue[]): Steps<boolean> {
    return (yield* this.delete(this.#byKey, key)) > 0;
  }

  *#change(sql: string, parameters: readonly SQLInputValue[]): Steps<number> {
    const { changed } = yield { sql, parameters, changes: this.#shape };
    return changed;
  }

  /** The key and the seal of every row: what tells two copies apart. */
  *seals(): Steps<readonly { readonly key: Key; readonly seal: string }[]> {
    const { name, key } = this.#shape;
    const sql = `SELECT ${[...key, "sum"].join(", ")} FROM ${name}`;
    const { rows } = yield { sql, parameters: [], changes: null };
    return rows.map((row) => ({
      key: key.map((column) => keyPart(row[column])),
      seal: row.sum instanceof Uint8Array ? Buffer.from(row.sum).toString("hex") : "",
    }));
  }

  /** Rows as they are, seals included, for a copy of them elsewhere. */
  *raw(keys: readonly Key[]): Steps<readonly Columns[]> {
    // lists of several columns are not written alike in all engines
    const where = keys.map(() => `(${this.#byKey.slice("WHERE ".length)})`).join(" OR ");
    const sql = `${this.#select} WHERE ${where}`;
    const { rows } = yield { sql, parameters: keys.flat(), changes: null };
    return rows;
  }

  /** A row from elsewhere: its seal stays, and must not be broken. */
  *copyIn(row: Columns): Steps<void> {
    this.#opened(row);
    const values = [...this.#shape.columns, "sum"].map((column) => row[column] ?? null);
    yield* this.#change(this.#replace, values);
  }

  /** The same for some of them, in one statement. */
  *copyAllIn(rows: readonly Columns[]): Steps<void> {
    const { name, columns } = this.#shape;
    const all = [...columns, "sum"];
    for (const row of rows) this.#opened(row);
    const marks = `(${all.map(() => "?").join(", ")})`;
    const values = rows.map(() => marks).join(", ");
    const parameters = rows.flatMap((row) => all.map((column) => row[column] ?? null));
    yield* this.#change(`INSERT INTO ${name} (${all.join(", ")}) VALUES ${values}`, parameters);
  }

  /** Looks at every row without holding them all. Throws at the first one that is damaged. */
  verify(iterate: (sql: string) => Iterable<Columns>): number {
    let rows = 0;
    for (const columns of iterate(this.#select)) {
      this.#opened(columns);
      rows++;
    }
    return rows;
  }

  #sealed(values: Values): SQLInputValue[] {
    const ordered = this.#shape.columns.map((column) => values[column] ?? null);
    return [...ordered, sumOf(this.#shape.name, ordered)];
  }

  #opened(columns: Columns): Row {
    const ordered = this.#shape.columns.map((column) => columns[column] ?? null);
    const sum = columns.sum;
    const expected = sumOf(this.#shape.name, ordered);
    if (
      !(sum instanceof Uint8Array) ||
      sum.length !== SUM_BYTES ||
      !timingSafeEqual(sum, expected)
    ) {
      const { name } = this.#shape;
      throw new StoreError(
        "damaged",
        `Cannot read the store: a row of table ${name} is damaged; restore a backup`,
      );
    }
    return new Row(this.#shape.name, columns);
  }
}

function sumOf(table: string, values: readonly (SQLInputValue | SQLOutputValue)[]): Buffer {
  const text = `${table} ${values.map(spelled).join(",")}`;
  return hash("sha256", text, "buffer").subarray(0, SUM_BYTES);
}

/** Integers are spelled alike, whether they came as numbers or as bigints. */
function spelled(value: SQLInputValue | SQLOutputValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "bigint") return value.toString();
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return `x${bytes.toString("hex")}`;
}

// Tables whose rows carry a checksum. SQLite finds damage to its own structure, not to what is
// written in it: a flipped bit in a bundle would be served. So each row is sealed as it is
// written, and no row is handed out whose seal is broken.

import { hash, timingSafeEqual } from "node:crypto";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { Row } from "./row.ts";
import {
  ask,
  type Changes,
  type Columns,
  type Key,
  type Steps,
  type Table,
  tell,
} from "./steps.ts";
import { StoreError } from "./store.ts";

export interface TableShape {
  readonly name: string;
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** All but `sum`, the key's first. */
  readonly columns: readonly string[];
}

export const keyPart = (value: SQLOutputValue | undefined): string | number =>
  typeof value === "bigint" ? Number(value) : String(value);

/** A value for each column of the table. */
export type Values = Readonly<Record<string, SQLInputValue>>;

/** Half a SHA-256: damage is not an adversary. */
const SUM_BYTES = 16;

export class SealedTable {
  readonly #shape: TableShape;
  readonly #table: Table;
  readonly #insert: string;
  readonly #replace: string;
  readonly #select: string;
  readonly #byKey: string;

  constructor(shape: TableShape) {
    this.#shape = shape;
    const { name, key, columns } = shape;
    const all = [...columns, "sum"];
    this.#table = { name, key, columns: all };
    const changed = all.filter((column) => !key.includes(column));
    const marks = all.map(() => "?").join(", ");
    this.#insert = `INSERT INTO ${name} (${all.join(", ")}) VALUES (${marks})`;
    const sets = changed.map((column) => `${column} = excluded.${column}`).join(", ");
    this.#replace = `${this.#insert} ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${sets}`;
    this.#select = `SELECT ${all.join(", ")} FROM ${name}`;
    this.#byKey = `WHERE ${key.map((column) => `${column} = ?`).join(" AND ")}`;
  }

  /** The change fails if the key is there already. */
  insert(values: Values): Steps<void> {
    return this.#write(this.#insert, this.#sealed(values));
  }

  put(values: Values): Steps<void> {
    return this.#write(this.#replace, this.#sealed(values));
  }

  *get(...key: SQLInputValue[]): Steps<Row | null> {
    const [row = null] = yield* this.list(this.#byKey, key);
    return row;
  }

  /** @param tail WHERE, ORDER BY and LIMIT, in SQL of ours */
  *list(tail = "", parameters: readonly SQLInputValue[] = []): Steps<Row[]> {
    const sql = `${this.#select} ${tail}`;
    const { rows } = yield* ask({ sql, parameters, changes: null });
    return rows.map((columns) => this.#opened(columns));
  }

  /** Results in whether it was there. */
  *remove(...key: Key): Steps<boolean> {
    return (yield* ask(this.#deletion(this.#byKey, key, "erase"))).changed > 0;
  }

  /** As `remove`, where nobody asks. */
  erase(...key: Key): Steps<void> {
    return tell(this.#deletion(this.#byKey, key, "erase"));
  }

  /** @param tail WHERE, in SQL of ours */
  eraseSome(tail: string, parameters: readonly SQLInputValue[]): Steps<void> {
    return tell(this.#deletion(tail, parameters, "erase some"));
  }

  #deletion(tail: string, parameters: readonly SQLInputValue[], how: Changes["how"]) {
    const changes = { table: this.#table, how };
    return { sql: `DELETE FROM ${this.#shape.name} ${tail}`, parameters, changes };
  }

  /** @param parameters  in the order of the columns */
  #write(sql: string, parameters: readonly SQLInputValue[]): Steps<void> {
    return tell({ sql, parameters, changes: { table: this.#table, how: "put" } });
  }

  /** The key and the seal of every row: what tells two copies apart. */
  *seals(): Steps<readonly { readonly key: Key; readonly seal: string }[]> {
    const { name, key } = this.#shape;
    const sql = `SELECT ${[...key, "sum"].join(", ")} FROM ${name}`;
    const { rows } = yield* ask({ sql, parameters: [], changes: null });
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
    const { rows } = yield* ask({ sql, parameters: keys.flat(), changes: null });
    return rows;
  }

  /** A row from elsewhere: its seal stays, and must not be broken. */
  *copyIn(row: Columns): Steps<void> {
    this.#opened(row);
    const values = [...this.#shape.columns, "sum"].map((column) => row[column] ?? null);
    yield* this.#write(this.#replace, values);
  }

  /** The same for some of them, in one statement. */
  *copyAllIn(rows: readonly Columns[]): Steps<void> {
    const { name, columns: all } = this.#table;
    for (const row of rows) this.#opened(row);
    const marks = `(${all.map(() => "?").join(", ")})`;
    const values = rows.map(() => marks).join(", ");
    const parameters = rows.flatMap((row) => all.map((column) => row[column] ?? null));
    const sql = `INSERT INTO ${name} (${all.join(", ")}) VALUES ${values}`;
    // as large as may be: the next ones are read when it is there
    yield* ask({ sql, parameters, changes: { table: this.#table, how: "fill" } });
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
    const ordered = this.#shape.columns.map((column) => kept(values[column] ?? null));
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

/** Engines keep UTF-8: the seal of half a character would be broken when it is read. */
const kept = (value: SQLInputValue): SQLInputValue =>
  typeof value === "string" ? value.toWellFormed() : value;

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

// Tables whose rows carry a checksum. SQLite finds damage to its own structure, not to what is
// written in it: a flipped bit in a bundle would be served. So each row is sealed as it is
// written, and no row is handed out whose seal is broken.

import { hash, timingSafeEqual } from "node:crypto";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Database } from "./database.ts";
import { Row } from "./row.ts";
import { StoreError } from "./store.ts";

export interface TableShape {
  readonly name: string;
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** All but `sum`, the key's first. */
  readonly columns: readonly string[];
}

/** A value for each column of the table. */
export type Values = Readonly<Record<string, SQLInputValue>>;

/** Half a SHA-256: damage is not an adversary. */
const SUM_BYTES = 16;

export class SealedTable {
  readonly #database: Database;
  readonly #shape: TableShape;
  readonly #insert: string;
  readonly #replace: string;
  readonly #select: string;
  readonly #byKey: string;

  constructor(database: Database, shape: TableShape) {
    this.#database = database;
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
  insert(values: Values): void {
    this.#database.run(this.#insert, this.#sealed(values));
  }

  put(values: Values): void {
    this.#database.run(this.#replace, this.#sealed(values));
  }

  get(...key: SQLInputValue[]): Row | null {
    return this.list(this.#byKey, key)[0] ?? null;
  }

  /** @param tail WHERE, ORDER BY and LIMIT, in SQL of ours */
  list(tail = "", parameters: readonly SQLInputValue[] = []): Row[] {
    return this.#database
      .all(`${this.#select} ${tail}`, parameters)
      .map((columns) => this.#opened(columns));
  }

  /** Resolves to how many there were. */
  delete(tail: string, parameters: readonly SQLInputValue[]): number {
    return this.#database.run(`DELETE FROM ${this.#shape.name} ${tail}`, parameters);
  }

  remove(...key: SQLInputValue[]): boolean {
    return this.delete(this.#byKey, key) > 0;
  }

  /** Looks at every row without holding them all. Throws at the first one that is damaged. */
  verify(): number {
    let rows = 0;
    for (const columns of this.#database.iterate(this.#select)) {
      this.#opened(columns);
      rows++;
    }
    return rows;
  }

  #sealed(values: Values): SQLInputValue[] {
    const ordered = this.#shape.columns.map((column) => values[column] ?? null);
    return [...ordered, sumOf(this.#shape.name, ordered)];
  }

  #opened(columns: Readonly<Record<string, SQLOutputValue>>): Row {
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

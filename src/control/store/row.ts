// One row as it was read: each column by the kind that it must have.

import type { SQLOutputValue } from "node:sqlite";
import { StoreError } from "./store.ts";

export class Row {
  readonly #table: string;
  readonly #columns: Readonly<Record<string, SQLOutputValue>>;

  constructor(table: string, columns: Readonly<Record<string, SQLOutputValue>>) {
    this.#table = table;
    this.#columns = columns;
  }

  text(column: string): string {
    const value = this.#columns[column];
    return typeof value === "string" ? value : this.#wrong(column, "text");
  }

  textOrNull(column: string): string | null {
    return this.#columns[column] === null ? null : this.text(column);
  }

  /** One of the words of a table of ours. */
  word<const T extends string>(column: string, words: readonly T[]): T {
    const value = this.text(column);
    return words.find((word) => word === value) ?? this.#wrong(column, words.join(", "));
  }

  big(column: string): bigint {
    const value = this.#columns[column];
    if (typeof value === "bigint") return value;
    return typeof value === "number" ? BigInt(value) : this.#wrong(column, "an integer");
  }

  integer(column: string): number {
    const value = Number(this.big(column));
    return Number.isSafeInteger(value) ? value : this.#wrong(column, "a safe integer");
  }

  integerOrNull(column: string): number | null {
    return this.#columns[column] === null ? null : this.integer(column);
  }

  claim(column: string): boolean {
    return this.integer(column) === 1;
  }

  bytes(column: string): Buffer {
    const value = this.#columns[column];
    if (!(value instanceof Uint8Array)) return this.#wrong(column, "bytes");
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  /** What was written there as JSON by this store: its checksum has been checked. */
  json<T>(column: string): T {
    try {
      return JSON.parse(this.text(column));
    } catch {
      return this.#wrong(column, "JSON");
    }
  }

  #wrong(column: string, expected: string): never {
    throw new StoreError(
      "damaged",
      `Cannot read the store: expected ${expected} in ${this.#table}.${column}; restore a backup`,
    );
  }
}

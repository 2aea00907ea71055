// A proxy's own copy, in SQLite, of what PostgreSQL holds: the same rows under the same seals, and
// how far it has come. All that is read is read from here, so a proxy serves, starts and answers
// without PostgreSQL. Its counters are the proxy's own.

import type { Database } from "../database.ts";
import { isCopied } from "../postgres/places.ts";
import type { CopiedRow, Cursor, Place } from "../postgres/stored.ts";
import { TABLES, type TableName } from "../schema.ts";
import { SealedTable } from "../sealed-table.ts";

const NAMES = Object.keys(TABLES).filter((name): name is TableName => name in TABLES);

/** Tables that are copied, those that others refer to first. */
export const COPIED: readonly TableName[] = NAMES.filter(
  (name) => isCopied(name) && name !== "copied",
);

export const sealedTable = (name: string): SealedTable => {
  const known = NAMES.find((one) => one === name);
  // a newer release may have tables that this one does not know
  if (known === undefined) throw new TypeError(`expected a table of ours, got ${name}`);
  return new SealedTable(TABLES[known]);
};

export class Copy {
  readonly #database: Database;
  readonly #cursor = new SealedTable(TABLES.copied);

  constructor(database: Database) {
    this.#database = database;
  }

  /** Null: nothing was ever copied. */
  get cursor(): Cursor | null {
    const row = this.#database.take(this.#cursor.get(ONE));
    if (row === null) return null;
    const [nonce, lineage] = [row.text("nonce"), row.text("lineage")];
    return { position: row.integer("position"), nonce, lineage };
  }

  /** The seal of each row of a table, by its key. */
  seals(table: TableName): ReadonlyMap<string, string> {
    const rows = this.#database.take(sealedTable(table).seals());
    return new Map(rows.map(({ key, seal }) => [JSON.stringify(key), seal]));
  }

  /**
   * All of it or nothing. False: another process that uses the copy was first, and its cursor is
   * another one by now.
   */
  apply(rows: readonly CopiedRow[], from: Cursor | null, to: Cursor): boolean {
    return this.#database.write(() => {
      if (JSON.stringify(this.cursor) !== JSON.stringify(from)) return false;
      this.#database.exec("PRAGMA defer_foreign_keys = ON");
      // first what goes: what comes may have its unique values
      for (const { place, columns } of rows) if (columns === null) this.#remove(place);
      for (const { place, columns } of rows) {
        if (columns !== null) this.#database.take(sealedTable(place[0]).copyIn(columns));
      }
      if (rows.some(({ place }) => place[0] === "identities")) this.#database.run(FORGOTTEN);
      this.#database.take(this.#cursor.put({ one: ONE, ...to }));
      return true;
    });
  }

  #remove([table, key]: Place): void {
    this.#database.take(sealedTable(table).remove(...key));
  }
}

const ONE = 1;

/** Nobody counts for a tenant that is no more. */
const FORGOTTEN = "DELETE FROM counters WHERE tenant NOT IN (SELECT id FROM identities)";

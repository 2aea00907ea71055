// The revision of the store: how many changes of what proxies serve there have been. It grows in
// the transaction of each, so whoever has read it has read all of them up to there.

import { randomUUID } from "node:crypto";
import type { Database } from "./database.ts";
import type { Revision } from "./records.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import { StoreError } from "./store.ts";

interface RevisionTable {
  readonly revision: SealedTable;
}

/** The only row. */
const ONE = 1;

/** In the migration that brings it. */
export function beginRevision(database: Database): void {
  const lineage = randomUUID();
  new SealedTable(database, TABLES.revision).insert({ one: ONE, number: 0, lineage });
}

export function findRevision({ revision }: RevisionTable): Revision {
  const row = revision.get(ONE);
  if (row !== null) return { number: row.integer("number"), lineage: row.text("lineage") };
  throw new StoreError("damaged", "Cannot read the store: its revision is gone; restore a backup");
}

/** In the transaction of a change, after everything else of it. Returns the new one. */
export function growRevision(tables: RevisionTable): number {
  const { number, lineage } = findRevision(tables);
  tables.revision.put({ one: ONE, number: number + 1, lineage });
  return number + 1;
}

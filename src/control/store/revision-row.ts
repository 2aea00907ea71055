// The revision of the store: how many changes of what proxies serve there have been. It grows in
// the transaction of each, so whoever has read it has read all of them up to there.

import { randomUUID } from "node:crypto";
import type { Revision } from "./records.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import type { Steps } from "./steps.ts";
import { StoreError } from "./store.ts";

interface RevisionTable {
  readonly revision: SealedTable;
}

/** The only row. */
const ONE = 1;

/** In the migration that brings it. */
export function beginRevision(): Steps<void> {
  const lineage = randomUUID();
  return new SealedTable(TABLES.revision).insert({ one: ONE, number: 0, lineage });
}

export function* findRevision({ revision }: RevisionTable): Steps<Revision> {
  const row = yield* revision.get(ONE);
  if (row !== null) return { number: row.integer("number"), lineage: row.text("lineage") };
  throw new StoreError("damaged", "Cannot read the store: its revision is gone; restore a backup");
}

/**
 * In the transaction of a change, after everything else of it. Returns the new one.
 * @param before  as it was found in that transaction
 */
export function* growRevision(
  { revision }: RevisionTable,
  { number, lineage }: Revision,
): Steps<number> {
  yield* revision.put({ one: ONE, number: number + 1, lineage });
  return number + 1;
}

// What a change has stored, for the copies of it that proxies have.

import type { Columns, Key } from "../steps.ts";

/** A table and the primary key of one row. */
export type Place = readonly [table: string, key: Key];

/** A row as it is now; null: it is gone. */
export interface CopiedRow {
  readonly place: Place;
  readonly columns: Columns | null;
}

/** How far a copy has come: a position of the feed, and what tells it from one of its number. */
export interface Cursor {
  readonly position: number;
  /** Of the change at that position. */
  readonly nonce: string;
  /** Of the history that it is a position of. */
  readonly lineage: string;
}

/** One change: whoever has all that was before it needs no more than this. */
export interface Stored {
  readonly from: Cursor;
  readonly to: Cursor;
  readonly rows: readonly CopiedRow[];
}

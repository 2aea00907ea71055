// Which rows a change has changed, for the proxies that have copies of them:
//
//   [["flags",["shop","checkout"]],["revision",[1]]]

import { randomUUID } from "node:crypto";
import type { ClientBase } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { type Key, keyPart } from "../sealed-table.ts";
import type { ChangedTable, Columns } from "../steps.ts";

/** A table and the primary key of one row. */
export type Place = readonly [table: string, key: Key];

/** What nobody copies: the audit log, and what each proxy counts by itself. */
const NOT_COPIED: ReadonlySet<string> = new Set(["audit", "counters"]);

export const isCopied = (table: string): boolean => !NOT_COPIED.has(table);

export class Places {
  readonly #places = new Map<string, Place>();

  add({ name, key }: ChangedTable, rows: readonly Columns[]): void {
    if (!isCopied(name)) return;
    for (const row of rows) {
      const place: Place = [name, key.map((column) => keyPart(row[column]))];
      this.#places.set(JSON.stringify(place), place);
    }
  }

  /** The last statement of the change: nothing is asked for any more before its commit. */
  async advance(client: Pick<ClientBase, "query">, position: bigint): Promise<void> {
    if (this.#places.size === 0) return;
    const places = JSON.stringify([...this.#places.values()]);
    const forgotten = position - BigInt(CLUSTER_LIMITS.changesKept);
    await client.query(ADVANCE, [position, randomUUID(), places, forgotten]);
  }
}

/** One statement, as each waits for an answer. Whoever listens is told to look: it is a hint. */
const ADVANCE = `
  WITH
    recorded AS (INSERT INTO changes (position, nonce, places) VALUES ($1, $2, $3)),
    forgotten AS (DELETE FROM changes WHERE position <= $4)
  UPDATE meta SET position = $1 RETURNING pg_notify('sluice', position::text)`;

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

  /** The last statements of the change: all others wait for its commit from here on. */
  async advance(client: Pick<ClientBase, "query">, position: bigint): Promise<void> {
    if (this.#places.size === 0) return;
    const places = JSON.stringify([...this.#places.values()]);
    await client.query(RECORD, [position, randomUUID(), places]);
    await client.query(FORGET, [position - BigInt(CLUSTER_LIMITS.changesKept)]);
    await client.query(ADVANCE, [position]);
  }
}

/** Whoever listens is told to look: it is no more than a hint. */
const RECORD = "INSERT INTO changes (position, nonce, places) VALUES ($1, $2, $3)";
const FORGET = "DELETE FROM changes WHERE position <= $1";
const ADVANCE = "UPDATE meta SET position = $1 RETURNING pg_notify('sluice', position::text)";

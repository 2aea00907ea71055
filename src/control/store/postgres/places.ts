// Which rows a change has changed, for the proxies that have copies of them:
//
//   [["flags",["shop","checkout"]],["revision",[1]]]

import { randomUUID } from "node:crypto";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { QueryConfig } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { keyPart } from "../sealed-table.ts";
import type { Changes, Columns, Statement } from "../steps.ts";
import type { PendingResult } from "./pipeline.ts";
import type { CopiedRow, Cursor, Place, Stored } from "./stored.ts";

/** What nobody copies: the audit log, and what each proxy counts by itself. */
const NOT_COPIED: ReadonlySet<string> = new Set(["audit", "counters"]);

export const isCopied = (table: string): boolean => !NOT_COPIED.has(table);

/** What is there is known, or is to be read. */
type ChangedRow = Pick<CopiedRow, "place"> & Partial<CopiedRow>;

export class Places {
  /** Of each statement, in their order: of two that change one row the later one counts. */
  readonly #changed: ChangedRow[][] = [];
  readonly #nonce = randomUUID();
  /** Statements that have not said yet which rows they changed. */
  #open = 0;
  /** Of the audit log: the id and the seal of the last line. */
  #line: readonly [id: SQLInputValue, seal: SQLInputValue] | null = null;

  /** A statement was sent. */
  note({ changes, parameters, isAwaited }: Statement, answer: PendingResult): void {
    if (changes?.table.name === "audit" && changes.how === "put") {
      this.#line = [parameters[0] ?? null, parameters.at(-1) ?? null];
    }
    if (changes === null || !isCopied(changes.table.name)) return;
    const known = knownRow(changes, parameters);
    // where it changes nothing the row is looked at in vain
    if (known !== null && isAwaited !== true) {
      this.#changed.push([known]);
      return;
    }
    const changed: ChangedRow[] = [];
    this.#changed.push(changed);
    this.#open++;
    const answered = answer.then(({ rows, rowCount }) => {
      this.#open--;
      if (known === null) changed.push(...rows.map((row) => saidRow(changes, row)));
      else if (rowCount !== 0) changed.push(known);
    });
    // whoever waits for the answer is told
    answered.catch(() => {});
  }

  /** More may come with answers that are not there yet. */
  get isOpen(): boolean {
    return this.#open > 0;
  }

  /**
   * The last statement of the change: nothing is asked for any more before its commit. Null: it has
   * changed nothing that is copied.
   */
  advance(from: Cursor): QueryConfig | null {
    const rows = this.#rows();
    if (rows.length === 0) return null;
    const { position, nonce } = this.after(from);
    const places = JSON.stringify(rows.map(({ place }) => place));
    const forgotten = position - CLUSTER_LIMITS.changesKept;
    return { text: ADVANCE, values: [position, nonce, places, forgotten] };
  }

  /** Asks for a row that no other change leaves; null: it leaves none. */
  left(from: Cursor): QueryConfig | null {
    const { position, nonce } = this.after(from);
    if (this.#rows().length > 0) return { text: IN_FEED, values: [position, nonce] };
    return this.#line === null ? null : { text: IN_LOG, values: [...this.#line] };
  }

  /** Null: not all of it is known here. */
  stored(from: Cursor): Stored | null {
    const all = this.#rows();
    const rows = all.flatMap(({ place, columns }): CopiedRow[] =>
      columns === undefined ? [] : [{ place, columns }],
    );
    if (rows.length === 0 || rows.length < all.length) return null;
    return { from, to: this.after(from), rows };
  }

  /** How far whoever has this change has come. */
  after(from: Cursor): Cursor {
    return { ...from, position: from.position + 1, nonce: this.#nonce };
  }

  #rows(): ChangedRow[] {
    const all = this.#changed.flat().map((row) => [JSON.stringify(row.place), row] as const);
    return [...new Map(all).values()];
  }
}

/** Null: the engine says which it is. */
function knownRow(
  { table: { name, key, columns }, how }: Changes,
  parameters: readonly SQLInputValue[],
): CopiedRow | null {
  if (how !== "put" && how !== "erase") return null;
  const values = parameters.map(toOutput);
  const place: Place = [name, key.map((_, i) => keyPart(values[i]))];
  if (how === "erase") return { place, columns: null };
  return { place, columns: Object.fromEntries(columns.map((one, i) => [one, values[i] ?? null])) };
}

function saidRow({ table: { name, key }, how }: Changes, row: Columns): ChangedRow {
  const place: Place = [name, key.map((column) => keyPart(row[column]))];
  return how === "erase some" ? { place, columns: null } : { place };
}

/** As it is read again: integers are bigints. */
function toOutput(value: SQLInputValue): SQLOutputValue {
  if (typeof value === "number") return BigInt(value);
  if (!ArrayBuffer.isView(value)) return value;
  return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
}

const IN_FEED = "SELECT 1 FROM changes WHERE position = $1 AND nonce = $2";
/** The seal is of its words and of its millisecond, too. */
const IN_LOG = "SELECT 1 FROM audit WHERE id = $1 AND sum = $2";

/** One statement, as each waits for an answer. Whoever listens is told to look: it is a hint. */
const ADVANCE = `
  WITH
    recorded AS (INSERT INTO changes (position, nonce, places) VALUES ($1, $2, $3)),
    forgotten AS (DELETE FROM changes WHERE position <= $4)
  UPDATE meta SET position = $1 RETURNING pg_notify('sluice', position::text)`;

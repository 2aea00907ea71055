// What a command found, for people or for programs. Names and texts come from tenants: they do
// nothing to the terminal that shows them.

import { harmless, printable } from "../../observe/plain-text.ts";

const CELL_CHARS = 60;
/** Nothing stands behind it that it could push away. */
const LAST_CHARS = 1_000;

export const print = (text: string): void => void process.stdout.write(`${harmless(text)}\n`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Columns as wide as they must be, and as a terminal allows; without rows the sentence instead. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): void {
  if (rows.length === 0) return print(none);
  for (const line of tableLines([head, ...rows], process.stdout.columns)) print(line);
}

/** @param columns  of the terminal; undefined: there is none, and nobody reads by columns */
export function tableLines(rows: readonly (readonly string[])[], columns?: number): string[] {
  const last = (rows[0]?.length ?? 0) - 1;
  const cells = rows.map((row) =>
    row.map((cell, i) => printable(cell, i === last ? LAST_CHARS : CELL_CHARS)),
  );
  const natural = Array.from({ length: last + 1 }, (_, i) =>
    Math.max(...cells.map((row) => row[i]?.length ?? 0)),
  );
  const widths = columns === undefined ? natural : fitted(natural, columns - GAP.length * last);
  return cells.map((row) =>
    row
      .map((cell, i) => cut(cell, widths[i] ?? 0).padEnd(widths[i] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

const GAP = "  ";
/** Less tells nothing: a terminal so narrow may wrap. */
const CELL_CHARS_MIN = 8;

/** The widest gives first, so that short columns stay whole. */
function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let over = sum(widths) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= CELL_CHARS_MIN) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const cut = (cell: string, width: number): string =>
  cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;

/** `2026-11-22 18:49:07`, in UTC. */
export const timeText = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replace("T", " ");

// What a command found, for people or for programs. Names and texts come from tenants: they do
// nothing to the terminal that shows them.

import { harmless, printable } from "../../observe/plain-text.ts";

const CELL_CHARS = 60;
/** Nothing stands behind it that it could push away. */
const LAST_CHARS = 1_000;

export const print = (text: string): void => void process.stdout.write(`${harmless(text)}\n`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Columns as wide as they must be; without rows the sentence instead. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): void {
  if (rows.length === 0) return print(none);
  const all = [head, ...rows].map((row) =>
    row.map((cell, i) => printable(cell, i === head.length - 1 ? LAST_CHARS : CELL_CHARS)),
  );
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  for (const row of all) {
    print(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}

/** `2026-11-22 18:49:07`, in UTC. */
export const timeText = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replace("T", " ");

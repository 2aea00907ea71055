// `console.table`: rows with the same columns below each other.
//
//     (index) | name  | hits
//     0       | "ann" | 3

import { inspectMember } from "./inspect.ts";
import { mathMin, stringRepeat, stringSlice } from "./primordials.ts";

const ROWS_MAX = 50;
const COLUMNS_MAX = 12;
const CELL_MAX = 64;
const VALUE = "value";

const keysOf = Object.keys;
const hasOwn = Object.hasOwn;

/** Null: it has no rows. */
export function tableText(data: unknown): string | null {
  if (typeof data !== "object" || data === null) return null;
  const rows = keysOf(data);
  const columns = columnsOf(data, rows);
  const lines: string[][] = [["(index)"]];
  for (let c = 0; c < columns.length; c++) (lines[0] ?? [])[c + 1] = columns[c] ?? "";
  for (let i = 0; i < mathMin(rows.length, ROWS_MAX); i++) {
    const key = rows[i] as string;
    const cells = [key];
    for (let c = 0; c < columns.length; c++) cells[c + 1] = cellText(data, key, columns[c] ?? "");
    lines[i + 1] = cells;
  }
  return aligned(lines);
}

/** Keys of the rows, in the order in which they come; `value` for rows that have none. */
function columnsOf(data: object, rows: readonly string[]): string[] {
  const columns: string[] = [];
  const add = (name: string): void => {
    for (let i = 0; i < columns.length; i++) if (columns[i] === name) return;
    if (columns.length < COLUMNS_MAX) columns[columns.length] = name;
  };
  for (let i = 0; i < mathMin(rows.length, ROWS_MAX); i++) {
    const row: unknown = Reflect.get(data, rows[i] as string);
    const keys = typeof row === "object" && row !== null ? keysOf(row) : [VALUE];
    for (let k = 0; k < keys.length; k++) add(keys[k] as string);
  }
  return columns;
}

function cellText(data: object, key: string, column: string): string {
  const row: unknown = Reflect.get(data, key);
  const isRow = typeof row === "object" && row !== null;
  if (!isRow) return column === VALUE ? shown(row) : "";
  return hasOwn(row, column) ? shown(Reflect.get(row, column)) : "";
}

function shown(value: unknown): string {
  const text = inspectMember(value);
  return text.length <= CELL_MAX ? text : `${stringSlice(text, 0, CELL_MAX)}…`;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const columns = lines[0]?.length ?? 0;
  const widths: number[] = [];
  for (let c = 0; c < columns; c++) {
    widths[c] = 0;
    for (let i = 0; i < lines.length; i++) {
      const { length } = lines[i]?.[c] ?? "";
      if (length > (widths[c] ?? 0)) widths[c] = length;
    }
  }
  let text = "";
  for (let i = 0; i < lines.length; i++) {
    if (i > 0) text += "\n";
    for (let c = 0; c < columns; c++) {
      const cell = lines[i]?.[c] ?? "";
      const gap = (widths[c] ?? 0) - cell.length;
      text += c === columns - 1 ? cell : `${cell}${stringRepeat(" ", gap)} | `;
    }
  }
  return text;
}

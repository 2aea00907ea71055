// Adjusts the mappings of a source map (ECMA-426) after insertions into its text. A mapping is
// stored as its distance from the one before it on the line, so only those numbers change.

import { Numbers } from "../mappings.ts";

/** Characters that were inserted into a line. */
export interface Insertion {
  /** Before this column of the line as it was, from 0. */
  readonly column: number;
  readonly length: number;
}

/** By line, from 0, in the order of their columns. */
export type Insertions = ReadonlyMap<number, readonly Insertion[]>;

/** Throws a SyntaxError for what is no list of mappings. */
export function shiftMappings(mappings: string, insertions: Insertions): string {
  const lines = mappings.split(";");
  for (const [line, inserted] of insertions) {
    const pieces = lines[line];
    if (pieces !== undefined && pieces !== "") lines[line] = shiftLine(pieces, inserted);
  }
  return lines.join(";");
}

function shiftLine(pieces: string, inserted: readonly Insertion[]): string {
  let column = 0;
  let written = 0;
  let next = 0;
  let shift = 0;
  const shifted: string[] = [];
  for (const piece of pieces.split(",")) {
    const numbers = new Numbers(piece);
    column += numbers.next();
    for (; (inserted[next]?.column ?? Number.POSITIVE_INFINITY) <= column; next++) {
      shift += inserted[next]?.length ?? 0;
    }
    shifted.push(encoded(column + shift - written) + piece.slice(numbers.at));
    written = column + shift;
  }
  return shifted.join(",");
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** In digits of five bits, the lowest first, the lowest bit its sign. */
function encoded(number: number): string {
  let left = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = "";
  do {
    const digit = left & 31;
    left >>>= 5;
    text += DIGITS[left > 0 ? digit | 32 : digit];
  } while (left > 0);
  return text;
}

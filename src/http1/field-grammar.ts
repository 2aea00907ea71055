// One compiled expression that runs over the lines of a head and stops in front of those that
// matter, and a table from such a line's name to its kind. Built at start, once for each kind of
// message.

import assert from "node:assert/strict";

export const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
export const VALUE = "[\\t\\x20-\\x7e\\x80-\\xff]*";

/** Of a name that has no kind. */
export const UNUSED = 255;

/** The names to pick, as an expression, and a table from a name to its kind. */
export interface FieldGrammar {
  /** From lastIndex over the first line and all that are not picked, to one that is, or the end. */
  readonly first: RegExp;
  /** The same, from a picked line on. */
  readonly next: RegExp;
  /** Kind of a picked name, by `nameKey`. */
  readonly kinds: Uint8Array;
}

/**
 * A number for a name, of its first letter and its length: distinct for names of distinct kinds,
 * which `fieldGrammar` checks, so that a picked name need not be cut out and looked up.
 */
export function nameKey(firstCode: number, length: number): number {
  return ((firstCode & 31) << 5) | length;
}

/** @param more  an expression for further names, which have no kind of their own */
export function fieldGrammar(
  firstLine: string,
  kindOfName: Readonly<Record<string, number>>,
  more?: string,
): FieldGrammar {
  const kinds = new Uint8Array(1024).fill(UNUSED);
  for (const [name, kind] of Object.entries(kindOfName)) {
    const key = nameKey(name.charCodeAt(0), name.length);
    const before = kinds[key];
    assert(before === UNUSED || before === kind, `${name} has the key of another kind`);
    kinds[key] = kind;
  }
  // [Hh][Oo]…: the flag `i` would fold the classes of TOKEN and VALUE too, which costs a sixth
  // more.
  const names = Object.keys(kindOfName).join("|");
  const exact = names.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
  const picked = more === undefined ? exact : `${exact}|${more}`;
  // Each star runs over a class that excludes what follows it, and a line is either picked or not:
  // nothing can be matched in two ways, so that a mistake is found in linear time.
  const line = `${TOKEN}:${VALUE}\\r\\n`;
  const others = `(?:(?!(?:${picked}):)${line})*(?=(?:${picked}):|\\r\\n)`;
  return {
    first: new RegExp(firstLine + others, "y"),
    next: new RegExp(line + others, "y"),
    kinds,
  };
}

// What is known of a bundle that is not parsed: whether it may have a word that leads to a place
// (places.ts), and which names it may have. Also where acorn knows less syntax than the engine.
//
// An escape may stand for a letter of such a word, in a name or in a string. All escapes of the
// text are resolved, wherever they stand, so a word is found more often than it is there.

import { Script } from "node:vm";

/** A bundle that has none of them has no place to look for. */
const WORDS = /\b(?:async|Promise|Proxy|then)\b/;

export function mayHavePlaces(code: string): boolean {
  for (const text of spellings(code)) if (WORDS.test(text)) return true;
  return false;
}

/** Names that begin with `$`, as those of the wrappers do. */
export function namesMaybeIn(code: string): Set<string> {
  const names = new Set<string>();
  for (const text of spellings(code)) for (const [name] of text.matchAll(NAME)) names.add(name);
  return names;
}

const NAME = /\$[\w$]*/g;

/**
 * Whether the worst may be assumed of a bundle that acorn cannot parse. Not if it awaits, since no
 * assumption stands in for a wrapper there: `async` is a keyword, which has no other spelling. Nor
 * if it is no script by itself: `}, () => {` would end the function that is made around it.
 */
export function canAssumeWorst(code: string): boolean {
  return !/\basync\b/.test(code) && isScript(code);
}

/** In the mode in which it runs. It is parsed, not run. */
function isScript(code: string): boolean {
  try {
    new Script(`"use strict";\n${code}`);
    return true;
  } catch {
    return false;
  }
}

/** The text as it is, and with its escapes resolved. */
function* spellings(code: string): Generator<string> {
  yield code;
  if (!code.includes("\\")) return;
  // In a string the end of a line goes with the backslash before it; at the end of a comment it
  // stays, and the next word begins there.
  yield resolved(code, "");
  yield resolved(code, "\n");
}

const ESCAPE =
  /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|([0-3]?[0-7]{1,2})|(\r\n|[\s\S]))/gi;
const LINE_END = /[\n\r\u2028\u2029]/;

function resolved(code: string, lineEnd: string): string {
  return code.replace(ESCAPE, (_, braced, four, two, octal, other) => {
    const hex: string | undefined = braced ?? four ?? two;
    if (hex !== undefined) return characterOf(Number.parseInt(hex, 16));
    if (octal !== undefined) return characterOf(Number.parseInt(octal, 8));
    return LINE_END.test(other) ? lineEnd : (CONTROLS[other] ?? other);
  });
}

const CONTROLS: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const CODE_POINT_MAX = 0x10ffff;

const characterOf = (point: number): string =>
  point > CODE_POINT_MAX ? " " : String.fromCodePoint(point);

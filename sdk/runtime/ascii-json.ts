// JSON in ASCII, which is what texts that cross to the host are made of.

import { regexpExec, stringCharCodeAt, stringSlice } from "./primordials.ts";

const apply = Reflect.apply;
const stringify = JSON.stringify;
const numberToString = Number.prototype.toString;

// What they look for is what is rare: a match makes an object, and none does not.
const NOT_PLAIN = /[^ !#-[\]-~]/;
const BEYOND_ASCII = /[^\0-\x7f]/;

/** A string as ASCII JSON. */
export function quote(text: string): string {
  return regexpExec(NOT_PLAIN, text) === null ? `"${text}"` : toAscii(stringify(text));
}

/** JSON text with all that is beyond ASCII written as \u escapes. */
export function toAscii(json: string): string {
  if (regexpExec(BEYOND_ASCII, json) === null) return json;
  let ascii = "";
  for (let i = 0; i < json.length; i++) {
    const code = stringCharCodeAt(json, i);
    ascii += code < 0x80 ? json[i] : `\\u${hex4(code)}`;
  }
  return ascii;
}

function hex4(code: number): string {
  const digits: string = apply(numberToString, code + 0x10000, [16]);
  return stringSlice(digits, 1);
}

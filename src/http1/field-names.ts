// What a byte of a head may be, and a table of the names that matter to the proxy. Built at start,
// once for each kind of message.

import assert from "node:assert/strict";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;
const DASH = 45;
const UNDERSCORE = 95;
const TAB = 9;
const SPACE = 32;
const HASH = 35;
const CASE_BIT = 32;
const DELETE = 127;

/** 1: a character of a token, RFC 9110 section 5.6.2. */
export const IS_TOKEN = classOf((code) => TOKEN.test(String.fromCharCode(code)));

/** 1: a character of a field's value: TAB, and all from the blank on but DEL. */
export const IS_VALUE = classOf((code) => code === TAB || (code >= SPACE && code !== DELETE));

/** 1: a character of a target: visible ASCII without `#`. */
export const IS_TARGET = classOf((code) => code > SPACE && code < DELETE && code !== HASH);

/** Of a name that has no kind. */
export const NO_KIND = 255;

/** Longer names are not looked up. */
const NAME_CHARS_MAX = 31;

interface NameEntry {
  readonly name: string;
  readonly kind: number;
}

/** Kinds of names, whatever their case, and of their other spellings (wire/lookalikes.ts). */
export class FieldNames {
  /** By first letter and length: nearly every name is known by these to have no kind. */
  readonly #entries: readonly (NameEntry | null)[];
  readonly #prefix: NameEntry;
  readonly #lookalike: number;

  constructor(kinds: Readonly<Record<string, number>>, { prefix, lookalike }: FurtherNames) {
    const entries = new Array<NameEntry | null>(1024).fill(null);
    for (const [name, kind] of Object.entries(kinds)) {
      assert(name.length <= NAME_CHARS_MAX, `${name} is too long`);
      const key = keyOf(name.charCodeAt(0), name.length);
      assert(entries[key] === null, `${name} has the key of ${entries[key]?.name}`);
      entries[key] = { name, kind };
    }
    this.#entries = entries;
    this.#prefix = prefix ?? { name: "\0", kind: NO_KIND };
    this.#lookalike = lookalike;
  }

  /** Of the name that stands there. */
  kindOf(bytes: Uint8Array, start: number, length: number): number {
    const first = bytes[start] ?? 0;
    if (length <= NAME_CHARS_MAX) {
      const entry = this.#entries[keyOf(first, length)] ?? null;
      if (entry !== null && startsWith(bytes, start, entry.name)) {
        return this.#spelt(bytes, start, length) ? entry.kind : this.#lookalike;
      }
    }
    const { name, kind } = this.#prefix;
    if ((first | CASE_BIT) !== name.charCodeAt(0) || length <= name.length) return NO_KIND;
    if (!startsWith(bytes, start, name)) return NO_KIND;
    return this.#spelt(bytes, start, length) ? kind : this.#lookalike;
  }

  /** With dashes alone. */
  #spelt(bytes: Uint8Array, start: number, length: number): boolean {
    for (let at = start; at < start + length; at++) if (bytes[at] === UNDERSCORE) return false;
    return true;
  }
}

interface FurtherNames {
  /** Of names that have no other of the names' first letter and length. */
  readonly prefix: NameEntry | null;
  /** Of names with an underscore in the place of a dash. */
  readonly lookalike: number;
}

/** Below 1024 for names that are not too long. */
function keyOf(firstCode: number, length: number): number {
  return ((firstCode & 31) << 5) | length;
}

/**
 * An underscore counts as a dash. Of token characters a letter alone has its other case at that
 * distance.
 */
function startsWith(bytes: Uint8Array, start: number, lowerCaseName: string): boolean {
  for (let i = 0; i < lowerCaseName.length; i++) {
    const code = bytes[start + i] ?? 0;
    const lower = code >= 65 && code <= 90 ? code | CASE_BIT : code === UNDERSCORE ? DASH : code;
    if (lower !== lowerCaseName.charCodeAt(i)) return false;
  }
  return true;
}

function classOf(has: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (has(code) ? 1 : 0));
}

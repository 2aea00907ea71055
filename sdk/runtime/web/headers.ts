// Headers of the Fetch standard over a header block (src/wire/headers.ts). The block stays text:
// `get` and `has` scan it, an edit makes a new one, and only an iteration builds a list. The
// headers of a session also write each edit into a journal, from which the host repeats it.

import {
  appendChecked,
  eachField,
  editProblem,
  fieldOf,
  hasField,
  isFieldValue,
  isToken,
  RESERVED_NAMES,
  removeField,
  removeFields,
  setChecked,
} from "../../../src/wire/headers.ts";
import { withoutLookalikes } from "../../../src/wire/lookalikes.ts";
import { HEADERS_CHARS_MAX, OP } from "../../../src/wire/records.ts";
import {
  arrayIsArray,
  arrayPush,
  objectIsEnumerable,
  reflectApply,
  reflectGet,
  reflectOwnKeys,
  stringToLowerCase,
} from "../primordials.ts";
import { ListIterator } from "./list-iterator.ts";
import { lowerCase } from "./lower-case.ts";
import { type Field, sortedFields } from "./sorted-fields.ts";
import { HTTP_BLANKS, trimBlanks } from "./trim.ts";

export type HeadersInit =
  | Headers
  | Readonly<Record<string, string>>
  | Iterable<readonly [string, string]>;

/**
 * Hears of each edit. `op` is one of OP; the name is lower case; the value of a removal is "".
 * `isChange`: not the removal of what is not there.
 */
export type HeadersJournal = (
  op: 0 | 1 | 2,
  name: string,
  value: string,
  isChange: boolean,
) => void;

/** `mutable` is a response's or the script's own, `request` a request's, of which some is not. */
type Mode = "mutable" | "request" | "immutable";

/** For the runtime: the doors to the private fields. */
let setUp: (headers: Headers, block: string, journal: HeadersJournal | null, mode: Mode) => void;
let blockIn: (headers: Headers) => string;

export class Headers {
  #block = "";
  #journal: HeadersJournal | null = null;
  #mode: Mode = "mutable";

  static {
    setUp = (headers, block, journal, mode) => {
      headers.#block = block;
      headers.#journal = journal;
      headers.#mode = mode;
    };
    blockIn = (headers) => headers.#block;
  }

  constructor(init: HeadersInit | undefined = undefined) {
    if (init !== undefined) fill(this, init);
  }

  /** All values, joined with ", "; null if there is none. */
  get(name: string): string | null {
    return fieldOf(this.#block, checkedName(name));
  }

  has(name: string): boolean {
    return hasField(this.#block, checkedName(name));
  }

  /** Each Set-Cookie for itself: they cannot be joined. */
  getSetCookie(): string[] {
    const cookies: string[] = [];
    eachField(this.#block, (name, value) => {
      if (stringToLowerCase(name) === "set-cookie") arrayPush(cookies, value);
    });
    return cookies;
  }

  set(name: string, value: string): void {
    const field = this.#checkEdit("set", name, value);
    const block = setChecked(this.#withoutLookalikes(field), field.name, field.value);
    this.#checkSize(block, field);
    this.#journal?.(OP.set, field.name, field.value, true);
    this.#block = block;
  }

  append(name: string, value: string): void {
    const field = this.#checkEdit("append", name, value);
    const block = appendChecked(this.#withoutLookalikes(field), field.name, field.value);
    this.#checkSize(block, field);
    this.#journal?.(OP.append, field.name, field.value, true);
    this.#block = block;
  }

  delete(name: string): void {
    const field = this.#checkEdit("remove", name, "");
    const block = removeField(this.#withoutLookalikes(field), field.name);
    this.#journal?.(OP.remove, field.name, "", block !== this.#block);
    this.#block = block;
  }

  forEach(
    callback: (value: string, name: string, headers: Headers) => void,
    thisArgument: unknown = undefined,
  ): void {
    const list = sortedFields(this.#block);
    for (let i = 0; i < list.length; i++) {
      const field = list[i];
      if (field === undefined) continue;
      reflectApply(callback, thisArgument, [field.value, field.name, this]);
    }
  }

  /** Sorted by name, in lower case, as of now: edits during the iteration do not show in it. */
  entries(): IteratorObject<[string, string], undefined, undefined> {
    return new ListIterator(sortedFields(this.#block), ({ name, value }) => [name, value]);
  }

  keys(): IteratorObject<string, undefined, undefined> {
    return new ListIterator(sortedFields(this.#block), ({ name }) => name);
  }

  values(): IteratorObject<string, undefined, undefined> {
    return new ListIterator(sortedFields(this.#block), ({ value }) => value);
  }

  [Symbol.iterator](): IteratorObject<[string, string], undefined, undefined> {
    return this.entries();
  }

  /** As the host will: what a client spelt otherwise is not left beside what the script says. */
  #withoutLookalikes({ name }: Field): string {
    return this.#mode === "request" ? withoutLookalikes(this.#block, name) : this.#block;
  }

  #checkEdit(operation: "set" | "append" | "remove", name: string, value: string): Field {
    const lower = lowerCase(`${name}`);
    const trimmed = trimBlanks(`${value}`, HTTP_BLANKS);
    const problem = this.#editProblem(operation, lower, trimmed);
    if (problem !== null) throw new TypeError(`Cannot ${operation} a header: ${problem}`);
    return { name: lower, value: trimmed };
  }

  /** The host would refuse it when the call is over, and not know which hook it was. */
  #checkSize({ length }: string, { name }: Field): void {
    if (this.#journal === null || length <= HEADERS_CHARS_MAX) return;
    const expected = `expected headers of at most ${HEADERS_CHARS_MAX} characters`;
    throw new RangeError(`Cannot set "${name}": ${expected}, got ${length}`);
  }

  #editProblem(operation: "set" | "append" | "remove", name: string, value: string): string | null {
    const isImmutable = this.#mode === "immutable";
    if (this.#journal !== null && !isImmutable) {
      const of = this.#mode === "request" ? "request" : "response";
      return editProblem({ operation, of }, name, value);
    }
    if (!isToken(name)) return `expected a name that is an HTTP token, got "${name}"`;
    if (isImmutable) return `"${name}" is read-only here`;
    if (isFieldValue(value)) return null;
    return `expected the value of "${name}" to be latin1 without control characters`;
  }
}

/**
 * Headers over a block that the host has checked. With a journal each edit is reported, and names
 * that belong to the proxy (RESERVED_NAMES) are refused.
 */
export function headersOf(block: string, journal: HeadersJournal | null, mode: Mode): Headers {
  const headers = new Headers();
  setUp(headers, block, journal, mode);
  return headers;
}

/**
 * The lines, for a Response that a script made. Reserved names are left out and not refused,
 * because `new Response(body, { headers: upstreamHeaders })` is an honest thing to write.
 */
export function blockOf(headers: Headers): string {
  return removeFields(blockIn(headers), RESERVED_NAMES);
}

function fill(headers: Headers, init: HeadersInit): void {
  if (init instanceof Headers) {
    setUp(headers, blockIn(init), null, "mutable");
  } else if (arrayIsArray(init)) {
    for (let i = 0; i < init.length; i++) appendPair(headers, init[i]);
  } else if (typeof init !== "object" || init === null) {
    throw new TypeError("Cannot make Headers: expected Headers, a list of pairs or an object");
  } else if (isIterable(init)) {
    for (const pair of init) appendPair(headers, pair);
  } else {
    const keys = reflectOwnKeys(init);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === undefined || !objectIsEnumerable(init, key)) continue;
      headers.append(asText(key), asText(reflectGet(init, key)));
    }
  }
}

function isIterable(init: object): init is Iterable<unknown> {
  return typeof reflectGet(init, Symbol.iterator) === "function";
}

function appendPair(headers: Headers, pair: unknown): void {
  if (arrayIsArray(pair) && pair.length === 2) {
    headers.append(asText(pair[0]), asText(pair[1]));
    return;
  }
  throw new TypeError("Cannot make Headers: expected each item to be a pair [name, value]");
}

/** As the web converts: whatever it is, as a string; a symbol is a TypeError. */
const asText = (value: unknown): string => `${value}`;

function checkedName(name: string): string {
  const lower = lowerCase(`${name}`);
  if (isToken(lower)) return lower;
  throw new TypeError(`Cannot read a header: expected a name that is an HTTP token, got "${name}"`);
}

// One pass over the lines of a head that validates every line and picks out the few that matter to
// the proxy, as text: what their values mean is for others. One compiled expression runs over lines
// at native speed and stops in front of one that matters, or of the empty line at the end; on a
// mistake it fails:
//
//   Host: a.com CRLF Accept: x CRLF Cookie: y CRLF | Connection: close CRLF DNT: 1 CRLF | CRLF
//   stops here: Host                               | and here: Connection               | the end
//
// Nothing is allocated for a line that does not matter. A head of 697 bytes with 14 lines costs
// 0.9 µs this way, half of what one expression that validates and another that searches cost; to
// split it into names and values, unchecked, costs 1.8 µs (bench/micro/codec.ts).

import assert from "node:assert/strict";
import { valueAt } from "../wire/headers.ts";
import type { NotedFields } from "./messages.ts";

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const VALUE = "[\\t\\x20-\\x7e\\x80-\\xff]*";

/** What is done with a picked field; those of `KEPT_KINDS` also stay in the block. */
const KIND = {
  drop: 0,
  noted: 1,
  transferEncoding: 2,
  connection: 3,
  te: 4,
  upgrade: 5,
  expect: 6,
  host: 7,
  contentLength: 8,
  date: 9,
} as const;

const LAST_CUT_KIND = KIND.expect;
const UNUSED = 255;

const HOP_BY_HOP = {
  connection: KIND.connection,
  "keep-alive": KIND.drop,
  "proxy-connection": KIND.drop,
  te: KIND.te,
  "transfer-encoding": KIND.transferEncoding,
  upgrade: KIND.upgrade,
  "proxy-authenticate": KIND.drop,
  "proxy-authorization": KIND.drop,
  "http2-settings": KIND.drop,
  "content-length": KIND.contentLength,
} as const;

const NOTED_NAMES: ReadonlyMap<string, keyof NotedFields> = new Map([
  ["x-forwarded-for", "forwardedFor"],
  ["x-forwarded-proto", "forwardedProto"],
  ["x-forwarded-host", "forwardedHost"],
  ["x-forwarded-port", "forwardedPort"],
  ["forwarded", "forwarded"],
  ["via", "via"],
  ["x-request-id", "requestId"],
  ["max-forwards", "maxForwards"],
]);

/** The names to pick, as an expression, and a table from a name to its kind. */
export interface FieldGrammar {
  /** From lastIndex over the first line and all that are not picked, to one that is, or the end. */
  readonly first: RegExp;
  /** The same, from a picked line on. */
  readonly next: RegExp;
  /** Kind of a picked name, by `nameKey`. */
  readonly kinds: Uint8Array;
}

/** Method, target and version, with one blank between; a target is visible ASCII without `#`. */
const REQUEST_LINE = `${TOKEN} [!"$-~]+ HTTP/1\\.[01]\\r\\n`;

/** The blank before an empty reason is often missing; nothing can be misread for it. */
const STATUS_LINE = `HTTP/1\\.[01] [1-9][0-9]{2}(?: ${VALUE})?\\r\\n`;

export const REQUEST_FIELDS = fieldGrammar(REQUEST_LINE, {
  ...HOP_BY_HOP,
  host: KIND.host,
  expect: KIND.expect,
  ...Object.fromEntries(Array.from(NOTED_NAMES.keys(), (name) => [name, KIND.noted])),
});

export const RESPONSE_FIELDS = fieldGrammar(STATUS_LINE, { ...HOP_BY_HOP, date: KIND.date });

/** What one pass has found. Values of repeated fields are joined with ", "; null: no such field. */
export interface PickedFields {
  host: string | null;
  contentLength: string | null;
  /** With the blanks around it, of which some are refused. */
  transferEncoding: string | null;
  connection: string | null;
  te: string | null;
  upgrade: string | null;
  expect: string | null;
  hasDate: boolean;
  noted: NotedFields | null;
  /** The lines that stay. */
  block: string;
}

/**
 * Reads the head that begins at `start` of `text` and must end with it; null if a line is not
 * valid, or if something follows the empty one.
 */
export function pickFields(
  text: string,
  start: number,
  grammar: FieldGrammar,
): PickedFields | null {
  const { first, next, kinds } = grammar;
  const picked = noFields();
  let block = "";
  let keptFrom = text.indexOf("\n", start) + 1;
  first.lastIndex = start;
  let isLineValid = first.test(text);
  let at = first.lastIndex;
  while (isLineValid && text.charCodeAt(at) !== CR) {
    const colon = text.indexOf(":", at);
    const kind = kinds[nameKey(text.charCodeAt(at), colon - at)] ?? KIND.drop;
    const value =
      kind === KIND.transferEncoding
        ? text.slice(colon + 1, text.indexOf("\r", colon))
        : valueAt(text, colon + 1);
    if (kind === KIND.noted) picked.noted = withNoted(picked.noted, text.slice(at, colon), value);
    else takeField(picked, kind, value);
    if (kind <= LAST_CUT_KIND) {
      if (at > keptFrom) block += text.slice(keptFrom, at);
      keptFrom = text.indexOf("\n", colon) + 1;
    }
    next.lastIndex = at;
    isLineValid = next.test(text);
    at = next.lastIndex;
  }
  if (!isLineValid || at !== text.length - 2) return null;
  picked.block = block + text.slice(keptFrom, at);
  return picked;
}

/** One shape for all heads, so that what reads it stays fast. */
function noFields(): PickedFields {
  return {
    host: null,
    contentLength: null,
    transferEncoding: null,
    connection: null,
    te: null,
    upgrade: null,
    expect: null,
    hasDate: false,
    noted: null,
    block: "",
  };
}

/**
 * Whether `text` from `start` on has more than `max` lines; the empty one at its end not counted.
 */
export function hasMoreLines(text: string, start: number, max: number): boolean {
  // The shortest line is `a:\r\n`. Most heads are too short for too many lines, and are not
  // counted.
  if (text.length - start <= 4 * max) return false;
  let lines = -1;
  for (let at = text.indexOf("\n", start); at !== -1; at = text.indexOf("\n", at + 1)) {
    lines++;
    if (lines > max) return true;
  }
  return false;
}

const CR = 13;

function takeField(into: PickedFields, kind: number, value: string): void {
  switch (kind) {
    case KIND.host:
      into.host = joined(into.host, value);
      return;
    case KIND.connection:
      into.connection = joined(into.connection, value);
      return;
    case KIND.contentLength:
      into.contentLength = joined(into.contentLength, value);
      return;
    case KIND.transferEncoding:
      into.transferEncoding = joined(into.transferEncoding, value);
      return;
    case KIND.te:
      into.te = joined(into.te, value);
      return;
    case KIND.upgrade:
      into.upgrade = joined(into.upgrade, value);
      return;
    case KIND.expect:
      into.expect = joined(into.expect, value);
      return;
    case KIND.date:
      into.hasDate = true;
  }
}

/**
 * A repeated Host or Content-Length thus becomes a value with a comma, which neither may have: the
 * checks of these values need not count lines.
 */
function joined(before: string | null, value: string): string {
  return before === null ? value : before + ", " + value;
}

function withNoted(noted: NotedFields | null, name: string, value: string): NotedFields {
  const key = NOTED_NAMES.get(name.toLowerCase());
  const fields = noted ?? {};
  if (key !== undefined) fields[key] = joined(fields[key] ?? null, value);
  return fields;
}

/**
 * A number for a name, of its first letter and its length: distinct for names of distinct kinds,
 * which `fieldGrammar` checks, so that a picked name need not be cut out and looked up.
 */
function nameKey(firstCode: number, length: number): number {
  return ((firstCode & 31) << 5) | length;
}

function fieldGrammar(
  firstLine: string,
  kindOfName: Readonly<Record<string, number>>,
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
  const picked = names.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
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

// Header blocks out (RFC 7541), as latin1 text. Nothing is ever put into the other side's table: to
// keep it would cost a look-up for each field, and more for values that are new each time. So every
// field is a literal whose name, where the static table has it, is a number.

import { STATIC_TABLE } from "./static-table.ts";

/** Of an integer's first byte: that a literal's field must never be put into a table, … */
const NEVER_INDEXED = 0x10;
/** … that it need not be, … */
const NOT_INDEXED = 0x00;
/** … and that a whole field of the table is meant. */
const INDEXED = 0x80;

/** In front of the first block: the table that is kept for us may be empty (section 6.3). */
export const NO_TABLE = "\x20";

/** Names as they are written, known with what they become: common ones, not all that come. */
const NAMES_MAX = 1_024;
const NAME_CHARS_MAX = 64;

/** An intermediary must not put them into a table that others could probe (section 7.1.3). */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  ...["authorization", "cookie", "set-cookie", "proxy-authorization"],
]);

/** They say something of a connection of HTTP/1.1 (RFC 9113 section 8.2.2), so none leaves. */
const CONNECTION_NAMES: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"],
  "http2-settings",
]);

const NAME_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map(([name], index): [string, number] => [name, index + 1]).reverse(),
);

const FIELD_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map(([name, value], index) => [`${name}: ${value}`, index + 1]),
);

const prefixes = new Map<string, string>();

/** The lines of a header block, each `Name: value\r\n`, valid; their names become lower case. */
export function encodeLines(block: string): string {
  if (block === "") return ""; // as nearly all trailers are
  const place = placeOf(block);
  const whole = wholes[place];
  if (whole?.text === block) return whole.encoded;
  const start = knownStart(block, place);
  if (start === null) return encodeFrom(block, 0);
  const from = start.text.length;
  const next = block.indexOf("\n", from) + 1;
  const to = next - LINE_END_BYTES;
  const value = integer(to - from, 7, 0) + block.slice(from, to);
  return start.encoded + value + encodeFrom(block, next);
}

function encodeFrom(block: string, start: number): string {
  let text = "";
  for (let at = start; at < block.length; ) {
    const next = block.indexOf("\n", at) + 1;
    text += knownLine(block, at, next) ?? encodeLine(block, at, next);
    at = next;
  }
  return text;
}

/** A response that has such a status begins with it. */
export function encodeStatus(status: number): string {
  const known = STATUSES[status];
  if (known !== undefined && known !== "") return known;
  const field = encodeField(":status", `${status}`);
  if (known !== undefined) STATUSES[status] = field;
  return field;
}

/** Empty: not asked for yet. */
const STATUSES: string[] = new Array(1_000).fill("");

function encodeLine(block: string, start: number, next: number): string {
  const colon = block.indexOf(":", start);
  const name = block.slice(start, colon);
  const prefix = prefixes.get(name) ?? prefixOf(name);
  if (prefix === "") return "";
  let from = colon + 1;
  let to = next - LINE_END_BYTES;
  while (from < to && isBlank(block.charCodeAt(from))) from++;
  while (to > from && isBlank(block.charCodeAt(to - 1))) to--;
  return prefix + integer(to - from, 7, 0) + block.slice(from, to);
}

const LINE_END_BYTES = 2;

interface Known {
  readonly text: string;
  readonly encoded: string;
}

/** Only one of so many that are not known takes a place: what is new each time costs little. */
const LEARNS_EACH = 16;

interface KnownStart extends Known {
  /** Of the block that it was the start of. */
  readonly blockChars: number;
}

/**
 * What two blocks had in common that came a short time ago, up to the value of the first line in
 * which they differed; in places that follow from the block's length and some characters. Answers
 * of a peer are often the same for a second, but for what a script says of the request, and for its
 * id at their end. To compare costs a tenth of encoding line by line.
 */
const starts: (KnownStart | undefined)[] = new Array(128).fill(undefined);
const START_CHARS_MAX = 1_024;
/** Whole blocks, each to be compared with the next one of its place; empty: none. */
const examples: string[] = new Array(starts.length).fill("");
/** Blocks that came twice as they are, in the same places: as most do, but for hooks' own lines. */
const wholes: (Known | undefined)[] = new Array(starts.length).fill(undefined);
let unknownStarts = 0;
/** A start may be shorter than it need be: it is learned anew after so many uses of any. */
const FORGETS_EACH = 4_096;
let uses = 0;

function placeOf(block: string): number {
  const { length } = block;
  const sum = length * 31 + block.charCodeAt(0) * 7 + block.charCodeAt(length >> 2) * 17;
  return sum % starts.length;
}

function knownStart(block: string, place: number): Known | null {
  const { length } = block;
  const at = starts[place];
  if (at?.blockChars !== length || !isStart(at.text, block)) {
    learnStart(block, place);
    return null;
  }
  uses = (uses + 1) % FORGETS_EACH;
  if (uses === 0) starts[place] = undefined;
  return at;
}

/** Behind it is a value without blanks at its ends. */
function isStart(text: string, block: string): boolean {
  const { length } = text;
  if (block.slice(0, length) !== text) return false;
  const last = block.indexOf("\n", length) - LINE_END_BYTES;
  return !isBlank(block.charCodeAt(length)) && !isBlank(block.charCodeAt(last));
}

function learnStart(block: string, place: number): void {
  const example = examples[place] ?? "";
  if (example !== "") {
    examples[place] = "";
    if (example === block) wholes[place] = { text: example, encoded: copied(encodeFrom(block, 0)) };
    else if (example.length === block.length)
      starts[place] = startOf(block, example) ?? starts[place];
    return;
  }
  unknownStarts = (unknownStarts + 1) % LEARNS_EACH;
  if (unknownStarts === 0 && block.length <= START_CHARS_MAX) examples[place] = copied(block);
}

/** What the two have in common, as far as it can be a start. */
function startOf(block: string, example: string): KnownStart | null {
  const line = block.lastIndexOf("\n", firstDifference(block, example) - 1) + 1;
  const text = block.slice(0, block.indexOf(":", line) + 2);
  const prefix = prefixOf(block.slice(line, text.length - 2));
  if (prefix === "" || !text.endsWith(": ") || !isStart(text, block)) return null;
  const encoded = copied(encodeFrom(block.slice(0, line), 0) + prefix);
  return { text: copied(text), encoded, blockChars: block.length };
}

/** Of two that are equally long; in the last line, if there is none. */
function firstDifference(a: string, b: string): number {
  const last = b.length - LINE_END_BYTES;
  let at = 0;
  while (at < last && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/**
 * The same of single lines: to compare one with the one in its place costs a fifth of encoding it.
 */
const lines: (Known | undefined)[] = new Array(512).fill(undefined);
const LINE_CHARS_MAX = 512;
let unknownLines = 0;

function knownLine(block: string, start: number, next: number): string | null {
  const length = next - start;
  const sum = length * 31 + block.charCodeAt(start) * 7 + block.charCodeAt(next - 3);
  const place = (sum + block.charCodeAt(start + (length >> 1)) * 17) % lines.length;
  const at = lines[place];
  // not `startsWith`, which takes three times as long
  if (at?.text.length === length && at.text === block.slice(start, next)) return at.encoded;
  unknownLines = (unknownLines + 1) % LEARNS_EACH;
  if (unknownLines !== 0 || length > LINE_CHARS_MAX) return null;
  const encoded = copied(encodeLine(block, start, next));
  lines[place] = { text: copied(block.slice(start, next)), encoded };
  return encoded;
}

/** A slice would keep the whole block alive that it is of. */
const copied = (text: string): string => Buffer.from(text, "latin1").toString("latin1");

/** One field whose name is in lower case: those that begin with a colon. */
export function encodeField(name: string, value: string): string {
  const index = FIELD_INDEX.get(`${name}: ${value}`);
  if (index !== undefined) return integer(index, 7, INDEXED);
  return prefixOf(name) + integer(value.length, 7, 0) + value;
}

/** For fields of one name, in lower case, whose values are new each time and have no blanks. */
export function fieldEncoder(name: string): (value: string) => string {
  const prefix = copied(literalName(name));
  return (value) => prefix + integer(value.length, 7, 0) + value;
}

const isBlank = (code: number): boolean => code === 32 || code === 9;

/** Empty: such a line does not leave. */
function prefixOf(written: string): string {
  const name = written.toLowerCase();
  const prefix = CONNECTION_NAMES.has(name) ? "" : literalName(name);
  if (prefixes.size < NAMES_MAX && written.length <= NAME_CHARS_MAX) {
    prefixes.set(copied(written), prefix);
  }
  return prefix;
}

function literalName(name: string): string {
  const kind = SECRET_NAMES.has(name) ? NEVER_INDEXED : NOT_INDEXED;
  const index = NAME_INDEX.get(name);
  if (index !== undefined) return integer(index, 4, kind);
  return String.fromCharCode(kind) + integer(name.length, 7, 0) + name;
}

/** With a prefix of so many bits, the first byte's others given (section 5.1). */
function integer(value: number, prefixBits: number, others: number): string {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return String.fromCharCode(others | value);
  let text = String.fromCharCode(others | mask);
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128))
    text += String.fromCharCode((rest % 128) + 128);
  return text + String.fromCharCode(rest);
}

// Header blocks: what may stand in one, and how it is read and edited. A block is a string of
// lines, latin1, each `Name: value\r\n`, in the order in which they came:
//
//   Host: example.com\r\nAccept: text/html\r\nCookie: a=1\r\n
//
// It stays one string for as long as it can: no list of fields is ever built. Both sides of the
// wall use this file, so it is pure and knows nothing of Node. Blocks are trusted to be valid; what
// comes out of an isolate is checked with `isFieldBlock` first.

import { isHost } from "./host.ts";
import { foldedName } from "./lookalikes.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^(?:[!-~\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[!-~\x80-\xff])?)?$/;
const BLOCK = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/**
 * Names that belong to one connection or to the framing of one message: the proxy alone writes
 * them, and a script may neither set nor remove them.
 */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "proxy-authenticate",
  "proxy-authorization",
  "http2-settings",
  "expect",
]);

/** A field name, a method: RFC 9110 section 5.6.2. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** latin1 without CR, LF, NUL or other controls but TAB, and without blanks at its ends. */
export function isFieldValue(value: string): boolean {
  return VALUE.test(value);
}

/** Whether `text` is a header block: empty, or whole valid lines. Blanks around values may stay. */
export function isFieldBlock(text: string): boolean {
  return BLOCK.test(text);
}

/**
 * Names of requests that proxies rest on: loops are found by Via and CDN-Loop, and how far an
 * OPTIONS request may go is counted in Max-Forwards. A script sees them and leaves them alone.
 */
const RESERVED_IN_REQUESTS: ReadonlySet<string> = new Set(["via", "cdn-loop", "max-forwards"]);

export function isReserved(lowerCaseName: string): boolean {
  return RESERVED_NAMES.has(foldedName(lowerCaseName)) || lowerCaseName.charCodeAt(0) === COLON;
}

export interface EditKind {
  readonly operation: "set" | "append" | "remove";
  readonly of: "request" | "response";
}

/**
 * Why a script may not make this edit, in words for its author; null if it may. The runtime asks
 * before it records an edit, and the host asks again, since the runtime lives with the script.
 */
export function editProblem(
  { operation, of }: EditKind,
  name: string,
  value: string,
): string | null {
  const lower = name.toLowerCase();
  if (isReserved(lower) || (of === "request" && RESERVED_IN_REQUESTS.has(foldedName(lower)))) {
    return `the header "${lower}" belongs to the proxy`;
  }
  if (!isToken(name)) return `expected a name that is an HTTP token, got "${name.slice(0, 64)}"`;
  if (operation !== "remove" && !isFieldValue(value)) {
    return `expected a value for "${lower}" without control characters or blanks at its ends`;
  }
  if (lower !== "host") return null;
  if (operation !== "set") return 'the header "host" can be set, but not appended to or removed';
  return isHost(value) ? null : 'expected "host" to be host or host:port';
}

/** All values of a field, joined with ", "; null if there is none. */
export function fieldOf(block: string, lowerCaseName: string): string | null {
  let found: string | null = null;
  let at = findField(block, lowerCaseName, 0);
  while (at !== -1) {
    const value = valueAt(block, at + lowerCaseName.length + 1);
    found = found === null ? value : found + ", " + value;
    at = findField(block, lowerCaseName, nextLine(block, at));
  }
  return found;
}

export function hasField(block: string, lowerCaseName: string): boolean {
  return findField(block, lowerCaseName, 0) !== -1;
}

/** One line with this name and value, where the first one was, else at the end. */
export function setField(block: string, name: string, value: string): string {
  assertLine(name, value);
  return setChecked(block, name, value);
}

/** The same, for a name and a value that `editProblem` has passed: to check twice costs 0.2 µs. */
export function setChecked(block: string, name: string, value: string): string {
  const lower = name.toLowerCase();
  const at = findField(block, lower, 0);
  if (at === -1) return block + name + ": " + value + "\r\n";
  const rest = removeField(block.slice(nextLine(block, at)), lower);
  return block.slice(0, at) + name + ": " + value + "\r\n" + rest;
}

export function appendField(block: string, name: string, value: string): string {
  assertLine(name, value);
  return appendChecked(block, name, value);
}

/** As `setChecked`. */
export function appendChecked(block: string, name: string, value: string): string {
  return block + name + ": " + value + "\r\n";
}

export function removeField(block: string, name: string): string {
  const lower = name.toLowerCase();
  let at = findField(block, lower, 0);
  if (at === -1) return block;
  let kept = "";
  let from = 0;
  while (at !== -1) {
    kept += block.slice(from, at);
    from = nextLine(block, at);
    at = findField(block, lower, from);
  }
  return kept + block.slice(from);
}

/** The block without the lines whose lower-case name is in `names`. */
export function removeFields(block: string, names: ReadonlySet<string>): string {
  return removeMatching(block, (name) => names.has(name));
}

/** The block without the lines whose name, in lower case, is such. */
export function removeMatching(block: string, isGone: (lowerCaseName: string) => boolean): string {
  let kept = "";
  let from = 0;
  let end = 0;
  for (let at = 0; at < block.length; at = end) {
    end = nextLine(block, at);
    if (!isGone(block.slice(at, block.indexOf(":", at)).toLowerCase())) continue;
    kept += block.slice(from, at);
    from = end;
  }
  return from === 0 ? block : kept + block.slice(from);
}

/** Calls `visit` for each line, in order, with the name as it was sent and the value trimmed. */
export function eachField(block: string, visit: (name: string, value: string) => void): void {
  for (let at = 0; at < block.length; at = nextLine(block, at)) {
    const colon = block.indexOf(":", at);
    visit(block.slice(at, colon), valueAt(block, colon + 1));
  }
}

const TAB = 9;
const SPACE = 32;
const COLON = 58;
const CASE_BIT = 32;

/**
 * Start of the first line from `from` on that has this name; -1 if none. Looks at the places where
 * a colon must be: a line costs one comparison, and a value that contains `name:` cannot fool it.
 */
function findField(block: string, lowerCaseName: string, from: number): number {
  const length = lowerCaseName.length;
  for (let at = from; at < block.length; ) {
    if (block.charCodeAt(at + length) === COLON && isNameAt(block, lowerCaseName, at)) return at;
    at = block.indexOf("\n", at) + 1;
    if (at === 0) return -1;
  }
  return -1;
}

function isNameAt(block: string, lowerCaseName: string, at: number): boolean {
  for (let i = 0; i < lowerCaseName.length; i++) {
    const code = block.charCodeAt(at + i);
    const lower = code >= 65 && code <= 90 ? code | CASE_BIT : code;
    if (lower !== lowerCaseName.charCodeAt(i)) return false;
  }
  return true;
}

function nextLine(block: string, at: number): number {
  const end = block.indexOf("\n", at);
  return end === -1 ? block.length : end + 1;
}

/** The value that begins at `from`, just behind a colon, without the blanks around it. */
export function valueAt(block: string, from: number): string {
  let start = from;
  let end = block.indexOf("\r", from);
  if (end === -1) end = block.length;
  while (start < end && isBlank(block.charCodeAt(start))) start++;
  while (end > start && isBlank(block.charCodeAt(end - 1))) end--;
  return block.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** The last line of defence against a split header: whoever calls with bad text has a bug. */
function assertLine(name: string, value: string): void {
  if (!isToken(name)) throw new TypeError("Cannot write a header: expected a token as its name");
  if (!isFieldValue(value)) {
    throw new TypeError(`Cannot write the header ${name}: its value is not valid`);
  }
}

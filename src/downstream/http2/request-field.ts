// One field of a request on HTTP/2: what it is to the proxy, and the line that it becomes. Made
// once for each entry of a connection's table; so is its check, by the same tables as HTTP/1.1's.

import { IS_TOKEN, IS_VALUE, NO_KIND } from "../../http1/field-names.ts";
import { KIND, REQUEST_FIELDS } from "../../http1/fields.ts";
import type { TableField } from "../../http2/hpack-decoder.ts";

/** What a field is, besides the kinds of HTTP/1.1. */
export const FIELD = {
  plain: NO_KIND,
  malformed: 100,
  method: 101,
  scheme: 102,
  path: 103,
  authority: 104,
  /** Joined to one line (RFC 9113 section 8.2.3). */
  cookie: 105,
} as const;

/** Those that only begin a block, in front of all others. */
export const isPseudo = (kind: number): boolean => kind >= FIELD.method && kind <= FIELD.authority;

export interface RequestField extends TableField {
  readonly name: string;
  readonly value: string;
  /** `name: value\r\n` */
  readonly line: string;
  /** One of FIELD, or of HTTP/1.1's KIND. */
  readonly kind: number;
  readonly bytes: number;
}

const NAMED: ReadonlyMap<string, number> = new Map([
  [":method", FIELD.method],
  [":scheme", FIELD.scheme],
  [":path", FIELD.path],
  [":authority", FIELD.authority],
  ["cookie", FIELD.cookie],
]);

/** Fields of a connection of HTTP/1.1: who sends them is not to be trusted (section 8.2.2). */
const FOREIGN_KINDS: ReadonlySet<number> = new Set([
  ...[KIND.connection, KIND.transferEncoding, KIND.upgrade],
]);
const FOREIGN_NAMES: ReadonlySet<string> = new Set(["keep-alive", "proxy-connection"]);

/** Names with their kinds: those of a few clients, not all that come. */
const NAMES_MAX = 1_024;
const NAME_CHARS_MAX = 64;
const kinds = new Map<string, number>();

export function requestField(name: string, value: string): RequestField {
  const kind = isValue(value) ? (kinds.get(name) ?? kindOf(name)) : FIELD.malformed;
  const isForeign = kind === KIND.te && value.toLowerCase() !== "trailers";
  return {
    name,
    value,
    line: `${name}: ${value}\r\n`,
    kind: isForeign ? FIELD.malformed : kind,
    bytes: name.length + value.length,
  };
}

function kindOf(name: string): number {
  const kind = NAMED.get(name) ?? (isName(name) ? kindOfName(name) : FIELD.malformed);
  if (kinds.size < NAMES_MAX && name.length <= NAME_CHARS_MAX) kinds.set(name, kind);
  return kind;
}

function kindOfName(name: string): number {
  const kind = REQUEST_FIELDS.kindOf(Buffer.from(name, "latin1"), 0, name.length);
  return FOREIGN_KINDS.has(kind) || FOREIGN_NAMES.has(name) ? FIELD.malformed : kind;
}

/** A token without capital letters (section 8.2.1). */
function isName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (IS_TOKEN[code] !== 1 || (code >= CAPITAL_A && code <= CAPITAL_Z)) return false;
  }
  return name !== "";
}

/** Without blanks at its ends, which HTTP/1.1 would take away. */
function isValue(value: string): boolean {
  for (let at = 0; at < value.length; at++) if (IS_VALUE[value.charCodeAt(at)] !== 1) return false;
  return !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1));
}

const CAPITAL_A = 65;
const CAPITAL_Z = 90;
const isBlank = (code: number): boolean => code === 32 || code === 9;

// Fields that come one by one, as in HTTP/2: what each is to the proxy, and the line that it
// becomes. Made once for each entry of a connection's table; so is its check, by the same tables as
// that of a head's lines.

import { type FieldNames, IS_TOKEN, IS_VALUE } from "./field-names.ts";
import { KIND } from "./fields.ts";

/** The kind of a field that makes its message malformed. */
export const MALFORMED = 100;

export interface SingleField {
  readonly name: string;
  readonly value: string;
  /** `name: value\r\n` */
  readonly line: string;
  /** MALFORMED, one of KIND, NO_KIND, or the maker's own. */
  readonly kind: number;
  /** Of name and value. */
  readonly bytes: number;
}

/** Fields of a connection of HTTP/1.1: who sends them is not to be trusted (RFC 9113, 8.2.2). */
const FOREIGN_KINDS: ReadonlySet<number> = new Set([
  ...[KIND.connection, KIND.transferEncoding, KIND.upgrade],
]);
const FOREIGN_NAMES: ReadonlySet<string> = new Set(["keep-alive", "proxy-connection"]);

/** Names with their kinds: those of a few senders, not all that come. */
const NAMES_MAX = 1_024;
const NAME_CHARS_MAX = 64;

export class SingleFields {
  readonly #names: FieldNames;
  readonly #own: ReadonlyMap<string, number>;
  readonly #kinds = new Map<string, number>();

  /** @param own  kinds of names that no line of a head has */
  constructor(names: FieldNames, own: ReadonlyMap<string, number>) {
    this.#names = names;
    this.#own = own;
  }

  readonly make = (name: string, value: string): SingleField => {
    const kind = isValue(value) ? (this.#kinds.get(name) ?? this.#kindOf(name)) : MALFORMED;
    const isForeign = kind === KIND.te && value.toLowerCase() !== "trailers";
    return {
      name,
      value,
      line: `${name}: ${value}\r\n`,
      kind: isForeign ? MALFORMED : kind,
      bytes: name.length + value.length,
    };
  };

  #kindOf(name: string): number {
    const kind = this.#own.get(name) ?? (isName(name) ? this.#kindOfName(name) : MALFORMED);
    if (this.#kinds.size < NAMES_MAX && name.length <= NAME_CHARS_MAX) this.#kinds.set(name, kind);
    return kind;
  }

  #kindOfName(name: string): number {
    const kind = this.#names.kindOf(Buffer.from(name, "latin1"), 0, name.length);
    return FOREIGN_KINDS.has(kind) || FOREIGN_NAMES.has(name) ? MALFORMED : kind;
  }
}

/** A token without capital letters (RFC 9113 section 8.2.1). */
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

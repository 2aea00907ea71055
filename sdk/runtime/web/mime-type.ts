// MIME types of the MIME Sniffing standard: parsed, and serialised; and the one that a
// `content-type` says, which may hold several, by the Fetch standard's "extract a MIME type".

import { isToken } from "../../../src/wire/headers.ts";
import {
  mapForEach,
  mapHas,
  mapSet,
  NativeMap,
  regexpExec,
  stringIndexOf,
  stringSlice,
  stringToLowerCase,
} from "../primordials.ts";
import { HTTP_BLANKS, trimBlanks } from "./trim.ts";

export interface MimeType {
  /** `text/html`, in lower case. */
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The last valid one of the header, with an earlier charset if it is of the same type; or null. */
export function mimeTypeOf(contentType: string): MimeType | null {
  let found: MimeType | null = null;
  for (let at = 0; at <= contentType.length; ) {
    const end = endOfPiece(contentType, at);
    const type = parseMimeType(stringSlice(contentType, at, end));
    if (type !== null && type.essence !== "*/*") found = withCharset(type, found);
    at = end + 1;
  }
  return found;
}

function withCharset(type: MimeType, earlier: MimeType | null): MimeType {
  const charset = earlier?.essence === type.essence ? earlier.parameters.get("charset") : undefined;
  if (charset === undefined || mapHas(type.parameters, "charset")) return type;
  return {
    essence: type.essence,
    parameters: new NativeMap([...type.parameters, ["charset", charset]]),
  };
}

export function textOfMimeType({ essence, parameters }: MimeType): string {
  let text = essence;
  mapForEach(parameters, (value, name) => {
    text += `;${name}=${isToken(value) ? value : `"${escaped(value)}"`}`;
  });
  return text;
}

function escaped(value: string): string {
  let text = "";
  for (let i = 0; i < value.length; i++) {
    text += value[i] === '"' || value[i] === "\\" ? `\\${value[i]}` : value[i];
  }
  return text;
}

function parseMimeType(given: string): MimeType | null {
  const text = trimBlanks(given, HTTP_BLANKS);
  const slash = stringIndexOf(text, "/");
  const end = endOf(text, slash + 1, ";");
  const type = stringSlice(text, 0, Math.max(slash, 0));
  const subtype = trimBlanks(stringSlice(text, slash + 1, end), HTTP_BLANKS);
  // blanks before the subtype make it none
  if (!isToken(type) || !isToken(subtype) || !isToken(text[slash + 1] ?? "")) return null;
  const essence = stringToLowerCase(`${type}/${subtype}`);
  return { essence, parameters: parametersOf(text, end) };
}

/** What a quoted value may have. */
const QUOTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @param at  of the first semicolon, or the text's end */
function parametersOf(text: string, at: number): Map<string, string> {
  const parameters = new NativeMap<string, string>();
  for (let from = at + 1; from < text.length; ) {
    const equals = endOf(text, from, "=");
    const end = endOfParameter(text, from, equals);
    if (equals < end) {
      // trailing blanks of a name make it none
      const name = stringToLowerCase(withoutLead(stringSlice(text, from, equals)));
      const value = valueOf(stringSlice(text, equals + 1, end));
      const isValid = value !== null && isToken(name) && regexpExec(QUOTABLE, value) !== null;
      if (isValid && !mapHas(parameters, name)) mapSet(parameters, name, value);
    }
    from = end + 1;
  }
  return parameters;
}

/** Null: it has none. */
function valueOf(text: string): string | null {
  if (text[0] !== '"') {
    const value = trimBlanks(`.${text}`, HTTP_BLANKS);
    return value === "." ? null : stringSlice(value, 1);
  }
  let value = "";
  for (let i = 1; i < text.length && text[i] !== '"'; i++) {
    if (text[i] === "\\" && i + 1 < text.length) i += 1;
    value += text[i];
  }
  return value;
}

/** A semicolon between quotes does not end it. */
function endOfParameter(text: string, from: number, equals: number): number {
  const end = endOf(text, from, ";");
  if (end < equals || text[equals + 1] !== '"') return end;
  return endOf(text, endOfQuoted(text, equals + 2), ";");
}

function withoutLead(text: string): string {
  const trimmed = trimBlanks(`${text}.`, HTTP_BLANKS);
  return stringSlice(trimmed, 0, trimmed.length - 1);
}

function endOf(text: string, from: number, mark: string): number {
  const at = stringIndexOf(text, mark, from);
  return at === -1 ? text.length : at;
}

/** Of the quote that closes what begins here. */
function endOfQuoted(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at, text.length);
}

/** Where a comma comes that is not between quotes. */
function endOfPiece(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === ",") return at;
    if (text[at] === '"') at = endOfQuoted(text, at + 1);
  }
  return text.length;
}

// How long the body of a message is (RFC 9112 section 6.3). Request smuggling rests on two parsers
// that disagree about this. So a message that two parsers could cut in two places is refused,
// whether or not the RFC allows a reading of it; the connection must be closed after a refusal.

import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { NOTHING_STATED, UNREAD } from "./messages.ts";

/** Body length of a chunked message. */
export const CHUNKED = -1;
/** Body length of a response that ends with its connection. */
export const UNTIL_CLOSE = -2;

/** 2^53 - 1 has as many; leading zeros count as digits. */
const LENGTH_DIGITS_MAX = 16;
const ZERO = 48;

/** Codings of RFC 9112 section 7: known, but none of them is decoded here. */
const KNOWN_CODINGS: ReadonlySet<string> = new Set([
  ...["gzip", "x-gzip", "deflate", "compress", "x-compress"],
]);

export interface FramingFields {
  readonly transferEncoding: string | null;
  readonly contentLength: string | null;
}

export interface ResponseTerms {
  readonly requestMethod: string;
  readonly status: number;
  readonly minor: 0 | 1;
}

/** Bytes of a request's body; -1: chunked. */
export function requestBodyLength(fields: FramingFields, minor: 0 | 1): number {
  if (fields.transferEncoding === null) return readLength(fields.contentLength, "bad_request") ?? 0;
  if (fields.contentLength !== null) {
    throw new SluiceError("bad_request", "Cannot frame request: both lengths are there");
  }
  if (minor === 0) {
    throw new SluiceError("bad_request", "Cannot frame request: Transfer-Encoding in HTTP/1.0");
  }
  const code = refusedCoding(fields.transferEncoding);
  if (code !== null) throw new SluiceError(code, "Cannot frame request: expected only chunked");
  return CHUNKED;
}

/** Bytes of a response's body; -1: chunked; -2: until the peer closes. */
export function responseBodyLength(fields: FramingFields, terms: ResponseTerms): number {
  const length = readLength(fields.contentLength, "upstream_protocol");
  if (isBodyless(terms.requestMethod, terms.status)) return 0;
  if (fields.transferEncoding === null) return length ?? UNTIL_CLOSE;
  // Here Transfer-Encoding overrides a Content-Length (section 6.3, rule 3); nobody behind us sees
  // two lengths, since the block loses its Content-Length, and the connection ends with the
  // message.
  if (terms.minor === 0 || refusedCoding(fields.transferEncoding) !== null) {
    throw new SluiceError("upstream_protocol", "Cannot frame response: expected only chunked");
  }
  return CHUNKED;
}

/** What a block that holds this Content-Length, with this number, is known to say. */
export function statedLength(value: string | null, contentLength: number): number {
  if (value === null) return NOTHING_STATED;
  return value === `${contentLength}` ? contentLength : UNREAD;
}

/** Whether a response ends with its head, whatever its fields say. */
export function isBodyless(requestMethod: string, status: number): boolean {
  return status < 200 || status === 204 || status === 304 || requestMethod === "HEAD";
}

function readLength(value: string | null, code: ErrorCode): number | null {
  if (value === null) return null;
  const length = wholeNumber(value);
  if (length === -1) {
    throw new SluiceError(
      code,
      "Cannot frame message: expected one whole number as Content-Length",
    );
  }
  return length;
}

/** -1: it is none, or too large. By hand: an expression and `Number` cost 0.1 µs more. */
function wholeNumber(digits: string): number {
  if (digits.length === 0 || digits.length > LENGTH_DIGITS_MAX) return -1;
  let number = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return Number.isSafeInteger(number) ? number : -1;
}

/**
 * Null for `chunked` alone. A coding that is unknown, or known but not decoded, is 501; a list in
 * which chunked is not the last, or not once, has no readable end at all: 400.
 */
function refusedCoding(value: string): "bad_request" | "not_implemented" | null {
  const codings = value.toLowerCase().split(",").map(withoutSpaces);
  if (codings.length === 1 && codings[0] === "chunked") return null;
  const chunkedAt = codings.indexOf("chunked");
  if (chunkedAt !== -1 && chunkedAt !== codings.length - 1) return "bad_request";
  if (codings.some((coding) => !CODING.test(coding))) return "bad_request";
  if (chunkedAt === -1 && codings.every((coding) => KNOWN_CODINGS.has(coding)))
    return "bad_request";
  return "not_implemented";
}

const SPACE = 32;
const CODING = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Not TAB: RFC 9112 allows it there, and to some parsers `chunked<TAB>` is another coding. */
function withoutSpaces(coding: string): string {
  let start = 0;
  let end = coding.length;
  while (start < end && coding.charCodeAt(start) === SPACE) start++;
  while (end > start && coding.charCodeAt(end - 1) === SPACE) end--;
  return coding.slice(start, end);
}

// The head of a peer's response: text in, ResponseHead out, or `upstream_protocol`.

import { SluiceError } from "../base/errors.ts";
import { removeField, removeFields } from "../wire/headers.ts";
import { type ConnectionOptions, readConnection, readUpgrade } from "./connection.ts";
import { IS_VALUE } from "./field-names.ts";
import { type PickedFields, pickFields, RESPONSE_FIELDS } from "./fields.ts";
import { responseBodyLength, statedLength, UNTIL_CLOSE } from "./framing.ts";
import { type Head, hasMoreLines, toHead } from "./head.ts";
import type { CodecLimits } from "./limits.ts";
import { NOTHING_STATED, type ResponseHead } from "./messages.ts";

/** @param whole  with its empty line */
export function parseResponseHead(
  whole: string | Head,
  requestMethod: string,
  limits: CodecLimits,
): ResponseHead {
  const head = toHead(whole);
  const { text } = head;
  if (text.length > limits.headBytesMax) throw refusal("its head is too large");
  const fieldsAt = text.indexOf("\n") + 1;
  if (hasMoreLines(text, fieldsAt, limits.headerLinesMax)) throw refusal("too many header lines");
  const line = readLine(head, fieldsAt);
  const picked = line === null ? null : readFields(head, fieldsAt);
  if (line === null || picked === null) throw refusal("a line is not valid");
  return responseHead(line, requestMethod, picked);
}

interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly minor: 0 | 1;
}

/** The blank before an empty reason is often missing; nothing can be misread for it. */
function readLine({ text, bytes }: Head, end: number): StatusLine | null {
  const minor = (bytes[MINOR_AT] ?? 0) - ZERO;
  if ((minor !== 0 && minor !== 1) || bytes[MINOR_AT + 1] !== SPACE) return null;
  const status = readStatus(bytes);
  if (status === 0 || !text.startsWith("HTTP/1.")) return null;
  let at = STATUS_END;
  if (bytes[at] === SPACE) while (IS_VALUE[bytes[at] ?? 0] === 1) at++;
  if (bytes[at] !== CR || at + 2 !== end) return null;
  return { status, reason: text.slice(STATUS_END + 1, at), minor };
}

/** 0: not three digits, or the first is a zero. */
function readStatus(bytes: Uint8Array): number {
  let status = 0;
  for (let at = STATUS_AT; at < STATUS_END; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status < 100 ? 0 : status;
}

function readFields(head: Head, from: number): PickedFields | null {
  const picked = pickFields(head, from, RESPONSE_FIELDS);
  if (picked !== null) return picked;
  return pickFields(toHead(withoutBlanksBeforeColons(head.text)), from, RESPONSE_FIELDS);
}

const MINOR_AT = "HTTP/1.".length;
const STATUS_AT = "HTTP/1.1 ".length;
const STATUS_END = STATUS_AT + 3;
const CR = 13;
const SPACE = 32;
const ZERO = 48;

/** The head that these fields make, wherever they come from. */
export function responseHead(
  line: StatusLine,
  requestMethod: string,
  picked: PickedFields,
): ResponseHead {
  const { status, reason, minor } = line;
  const contentLength = responseBodyLength(picked, { requestMethod, status, minor });
  const connection = readConnection(picked.connection);
  const isVoid = isLengthVoid(picked, status);
  return {
    status,
    reason,
    minor,
    headers: endToEnd(picked, isVoid, connection),
    contentLength,
    statedLength: isVoid ? NOTHING_STATED : statedLength(picked.contentLength, contentLength),
    keepAlive:
      (minor === 1 || connection.keepAlive) &&
      !connection.close &&
      contentLength !== UNTIL_CLOSE &&
      isFramedOnce(picked, status),
    keepAliveTerms: picked.keepAlive,
    authenticate: picked.authenticate,
    upgrade: status === SWITCHING ? readSwitch(picked, connection, minor) : "",
    hasDate: picked.hasDate,
    hasRequestId: picked.hasRequestId,
    nominated: connection.nominated,
  };
}

const SWITCHING = 101;
const NO_CONTENT = 204;

/** Content-Length means nothing there: RFC 9110 section 8.6, RFC 9112 section 6.3. */
function isLengthVoid({ transferEncoding }: PickedFields, status: number): boolean {
  return transferEncoding !== null || status < 200 || status === NO_CONTENT;
}

/** The block without what is meant for this connection, or was made void. */
function endToEnd(picked: PickedFields, isVoid: boolean, connection: ConnectionOptions): string {
  let headers = picked.block;
  if (picked.contentLength !== null && isVoid) headers = removeField(headers, "content-length");
  if (connection.nominated === null) return headers;
  return removeFields(headers, connection.nominated);
}

/**
 * A peer that sends two lengths, or announces a body where none may be, may also send bytes that
 * would be read as the next response: its connection is not used again.
 */
function isFramedOnce(picked: PickedFields, status: number): boolean {
  const { transferEncoding, contentLength } = picked;
  if (transferEncoding !== null && contentLength !== null) return false;
  if (status >= 200 && status !== NO_CONTENT) return true;
  return transferEncoding === null && (contentLength === null || Number(contentLength) === 0);
}

/** A 101 must name what it switches to; otherwise nobody knows how the bytes behind it are read. */
function readSwitch(picked: PickedFields, connection: ConnectionOptions, minor: 0 | 1): string {
  const upgrade = connection.upgrade && minor === 1 ? readUpgrade(picked.upgrade) : "";
  if (upgrade === "") throw refusal("a 101 without a valid Upgrade");
  return upgrade;
}

/** RFC 9112 section 5.1: in a response they are taken out before it is passed on. */
function withoutBlanksBeforeColons(text: string): string {
  return text.replace(/(\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]+:/g, "$1:");
}

function refusal(what: string): SluiceError {
  return new SluiceError("upstream_protocol", `Cannot read response: ${what}`);
}

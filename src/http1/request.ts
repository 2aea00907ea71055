// The head of a request: text in, RequestHead out, or a SluiceError with the client's status.

import { SluiceError } from "../base/errors.ts";
import { removeFields, setField } from "../wire/headers.ts";
import { isHost } from "../wire/host.ts";
import { readConnection, readUpgrade } from "./connection.ts";
import { IS_TARGET, IS_TOKEN } from "./field-names.ts";
import { type PickedFields, pickFields, REQUEST_FIELDS } from "./fields.ts";
import { requestBodyLength, statedLength } from "./framing.ts";
import { type Head, hasMoreLines, toHead } from "./head.ts";
import type { CodecLimits } from "./limits.ts";
import type { RequestHead } from "./messages.ts";
import { readTarget } from "./target.ts";

/** Any first line of three words that names a version. */
const OTHER_VERSION = /[^ \r\n]+ [^ \r\n]+ HTTP\/(?!1\.[01])[0-9]\.[0-9]\r\n/y;

/** @param whole  with its empty line, and with up to two empty lines in front */
export function parseRequestHead(whole: string | Head, limits: CodecLimits): RequestHead {
  const head = toHead(whole);
  const { text } = head;
  const start = skipEmptyLines(text);
  if (text.length - start > limits.headBytesMax) {
    throw new SluiceError("headers_too_large", "Cannot read request: its head is too large");
  }
  const fieldsAt = text.indexOf("\n", start) + 1;
  if (hasMoreLines(text, fieldsAt, limits.headerLinesMax)) {
    throw new SluiceError("headers_too_large", "Cannot read request: too many header lines");
  }
  const line = readLine(head, start, fieldsAt);
  const picked = line === null ? null : pickFields(head, fieldsAt, REQUEST_FIELDS);
  if (line === null || picked === null) throw syntaxError(text, start);
  if (line.target.length > limits.targetBytesMax) {
    throw new SluiceError("uri_too_long", "Cannot read request: its target is too long");
  }
  return requestHead(line, picked, null);
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly minor: 0 | 1;
}

/** Method, target and version, with one blank between. */
function readLine({ text, bytes }: Head, start: number, end: number): RequestLine | null {
  let at = start;
  while (IS_TOKEN[bytes[at] ?? 0] === 1) at++;
  const methodEnd = at;
  if (bytes[at] !== SPACE || at === start) return null;
  do at++;
  while (IS_TARGET[bytes[at] ?? 0] === 1);
  if (bytes[at] !== SPACE || at === methodEnd + 1) return null;
  const isHttp10 = text.startsWith(HTTP_10, at);
  if (!isHttp10 && !text.startsWith(HTTP_11, at)) return null;
  if (at + HTTP_11.length !== end) return null;
  return {
    method: text.slice(start, methodEnd),
    target: text.slice(methodEnd + 1, at),
    minor: isHttp10 ? 0 : 1,
  };
}

const HTTP_10 = " HTTP/1.0\r\n";
const HTTP_11 = " HTTP/1.1\r\n";

/**
 * The head that first line and fields make, both valid by themselves. Throws SluiceError.
 *
 * @param bodyLength  bytes of the body, or CHUNKED; null: as the fields frame it
 */
export function requestHead(
  line: RequestLine,
  picked: PickedFields,
  bodyLength: number | null,
): RequestHead {
  const { method, minor } = line;
  let host = readHost(picked.host, minor);
  let target = line.target;
  let headers = picked.block;
  if (target.charCodeAt(0) !== SLASH || method === "CONNECT" || method === "TRACE") {
    const parts = readTarget(method, target);
    target = parts.target;
    if (parts.authority !== null) {
      host = parts.authority;
      headers = setField(headers, "Host", host);
    }
  }
  const contentLength = bodyLength ?? requestBodyLength(picked, minor);
  const connection = readConnection(picked.connection);
  if (connection.nominated !== null) headers = removeFields(headers, connection.nominated);
  const wantsUpgrade = picked.upgrade !== null && connection.upgrade && minor === 1;
  return {
    method,
    target,
    minor,
    host,
    headers,
    contentLength,
    statedLength: statedLength(picked.contentLength, contentLength),
    keepAlive: minor === 1 ? !connection.close : connection.keepAlive && !connection.close,
    upgrade: wantsUpgrade ? readUpgrade(picked.upgrade) : "",
    expectContinue: expectsContinue(picked.expect) && minor === 1 && contentLength !== 0,
    acceptsTrailers: picked.te !== null && minor === 1 && TRAILERS.test(picked.te),
    hasAuthorization: picked.hasAuthorization,
    noted: picked.noted,
    nominated: connection.nominated,
  };
}

const SPACE = 32;
const SLASH = 47;
const TRAILERS = /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i;

function skipEmptyLines(text: string): number {
  if (text.charCodeAt(0) !== 13) return 0;
  return text.startsWith("\r\n\r\n") ? 4 : text.startsWith("\r\n") ? 2 : 0;
}

/** The last Host that passed: most requests name the one before, and the check costs 0.9 µs. */
const lastHost = { given: "", lower: "" };

/** RFC 9112 section 3.2: one valid Host, in HTTP/1.0 at most one. Two came here as `a, b`. */
function readHost(value: string | null, minor: 0 | 1): string {
  if (value === null && minor === 0) return "";
  if (value !== null && value !== "" && value === lastHost.given) return lastHost.lower;
  if (value === null || !isHost(value)) {
    throw new SluiceError("bad_request", "Cannot read request: expected one valid Host");
  }
  // copied: a slice would keep the whole head of its request alive
  lastHost.given = Buffer.from(value, "latin1").toString("latin1");
  lastHost.lower = lastHost.given.toLowerCase();
  return lastHost.lower;
}

/** RFC 9110 section 10.1.1: a list, which may be empty, or say the same twice. */
function expectsContinue(value: string | null): boolean {
  if (value === null) return false;
  let isExpected = false;
  for (const member of value.toLowerCase().split(",")) {
    const expectation = member.trim();
    if (expectation === "") continue;
    if (expectation !== "100-continue") {
      const message = "Cannot read request: expected Expect: 100-continue";
      throw new SluiceError("expectation_failed", message);
    }
    isExpected = true;
  }
  return isExpected;
}

function syntaxError(text: string, start: number): SluiceError {
  OTHER_VERSION.lastIndex = start;
  if (OTHER_VERSION.test(text)) {
    return new SluiceError(
      "version_not_supported",
      "Cannot read request: expected HTTP/1.0 or 1.1",
    );
  }
  return new SluiceError("bad_request", "Cannot read request: a line is not valid");
}

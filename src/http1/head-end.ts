// Finds where a head ends in the bytes that have come so far, and refuses what can be refused
// before that. The search is Buffer's own, at native speed; only heads that come in pieces are
// looked at byte by byte.

import { SluiceError } from "../base/errors.ts";
import type { CodecLimits } from "./limits.ts";

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const DELETE = 127;

/** As bytes: a string would be encoded in each call. */
const EMPTY_LINE = Buffer.from("\r\n\r\n");

/**
 * Empty lines before a request line that are skipped: RFC 9112 section 2.2; clients of old sent
 * one.
 */
const LEADING_LINES_MAX = 2;

/**
 * Offset just behind the CRLF CRLF of the head that begins at `from`; -1 if it is not there yet. Up
 * to two empty lines in front belong to it: `parseRequestHead` skips them.
 */
export function findHeadEnd(buffer: Buffer, from: number): number {
  const start = buffer[from] === CR ? skipEmptyLines(buffer, from) : from;
  const at = buffer.indexOf(EMPTY_LINE, start);
  return at === -1 ? -1 : at + 4;
}

/**
 * So short, the bytes are searched as text, which is made of a head anyway: 0.1 µs less, since a
 * call of Buffer's search costs that.
 */
const SHORT_BYTES = 4_096;

/**
 * The head that begins at `from`, latin1, with its empty line; "" if it is not there whole. The
 * search of Buffer is the faster one for long heads, but a call of it costs (bench/micro/codec.ts).
 */
export function headText(buffer: Buffer, from: number): string {
  if (buffer.length - from > SHORT_BYTES) {
    const end = findHeadEnd(buffer, from);
    return end === -1 ? "" : buffer.toString("latin1", from, end);
  }
  const start = buffer[from] === CR ? skipEmptyLines(buffer, from) : from;
  const text = buffer.toString("latin1", from);
  const at = text.indexOf("\r\n\r\n", start - from);
  if (at === -1) return "";
  return at + 4 === text.length ? text : text.slice(0, at + 4);
}

/** What is known of a head that has not come whole. */
export interface HeadBounds {
  readonly of: "request" | "response";
  readonly start: number;
  /** Offset of the first byte that the last check has not seen. */
  readonly fresh: number;
}

/**
 * Throws if the head that begins at `start` and has no end yet cannot become valid: too long, or a
 * bare CR or LF, or another control. A client that ends its lines with LF alone is told so now
 * rather than after a timeout.
 */
export function checkUnfinishedHead(buffer: Buffer, bounds: HeadBounds, limits: CodecLimits): void {
  const refuse = bounds.of === "request" ? "bad_request" : "upstream_protocol";
  for (let at = bounds.fresh; at < buffer.length; at++) {
    const code = buffer[at] ?? 0;
    if (code >= SPACE && code !== DELETE) continue;
    const isAllowed =
      code === TAB ||
      (code === LF && at > bounds.start && buffer[at - 1] === CR) ||
      (code === CR && (at + 1 === buffer.length || buffer[at + 1] === LF));
    if (!isAllowed) throw new SluiceError(refuse, "Cannot read head: a control character");
  }
  const size = buffer.length - bounds.start;
  if (bounds.of === "request") {
    // A request line is a method, two blanks and a version longer than its target: 64 bytes do.
    const isOneLine = buffer.indexOf(LF, bounds.start) === -1;
    if (isOneLine && size > limits.targetBytesMax + 64) {
      throw new SluiceError("uri_too_long", `Cannot read head: first line above ${size} bytes`);
    }
  }
  if (size <= limits.headBytesMax) return;
  const tooLarge = bounds.of === "request" ? "headers_too_large" : "upstream_protocol";
  throw new SluiceError(tooLarge, `Cannot read head: above ${size} bytes`);
}

function skipEmptyLines(buffer: Buffer, from: number): number {
  let at = from;
  for (let lines = 0; lines < LEADING_LINES_MAX; lines++) {
    if (buffer[at] !== CR || buffer[at + 1] !== LF) return at;
    at += 2;
  }
  return at;
}

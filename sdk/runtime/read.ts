// Reads one call and its parts from the inbox.

import { IN, RECORD_WORDS } from "../../src/wire/records.ts";
import { Call } from "./current.ts";
import { Recording, Replaying } from "./notes.ts";
import {
  ClientPart,
  cutText,
  ErrorPart,
  type Parts,
  PeerPart,
  RequestPart,
  ResponsePart,
  type TextCursor,
  TotalsPart,
  UpstreamPart,
} from "./parts.ts";
import { windows } from "./port.ts";
import { arrayBufferByteLength, NativeUint8Array } from "./primordials.ts";
import { Session } from "./session.ts";
import { copyBytes } from "./web/utf8.ts";

export interface Cursor extends TextCursor {
  /** The frame's byte section, and how far it has been cut. */
  bytes: ArrayBuffer;
  byteAt: number;
  /** The next record, and how many there are. */
  record: number;
  readonly records: number;
  readonly turnMs: number;
}

/** The call at the cursor, which then stands behind its last part. */
export function readCall(cursor: Cursor): Call {
  const words = windows.inbox;
  const at = cursor.record * RECORD_WORDS;
  const ctx = cutText(cursor, words[at + 4] ?? 0);
  const call = new Call(words[at + 1] ?? 0, words[at + 2] ?? 0, ctx);
  call.request = words[at + 5] ?? 0;
  const parts = emptyParts(words[at + 3] ?? 0, cursor.turnMs);
  cursor.record++;
  while (cursor.record < cursor.records && readPart(cursor, parts, call)) cursor.record++;
  if (call.notes instanceof Replaying) parts.turnMs = call.notes.startMs ?? parts.turnMs;
  call.session = new Session(call, parts);
  return call;
}

function emptyParts(attempt: number, turnMs: number): Parts {
  return {
    attempt,
    turnMs,
    request: null,
    client: null,
    upstreamRequest: null,
    response: null,
    upstream: null,
    error: null,
    totals: null,
    peer: null,
    clientState: "",
    bodies: null,
    marks: "",
    tlsDigest: "",
    trailers: "",
    trace: null,
    choice: "",
    isEnd: false,
  };
}

const notesFrom = (text: string): Recording | Replaying =>
  text === "" ? new Recording() : new Replaying(text);

/**
 * Bytes that belong to their call alone. The buffer of a frame holds those of other calls as well,
 * and a script reaches all of the buffer that its bytes are in, or moves it away.
 */
export function cutBytes(cursor: Cursor, length: number): Uint8Array<ArrayBuffer> {
  if (length === 0) return new NativeUint8Array(0);
  const { bytes, byteAt } = cursor;
  cursor.byteAt += length;
  const isAlone = byteAt === 0 && length === arrayBufferByteLength(bytes);
  if (isAlone) return new NativeUint8Array(bytes);
  return copyBytes(new NativeUint8Array(bytes, byteAt, length));
}

/** Adds the part at the cursor; false if the record there begins something else. */
function readPart(cursor: Cursor, parts: Parts, call: Call): boolean {
  const words = windows.inbox;
  const at = cursor.record * RECORD_WORDS;
  switch (words[at]) {
    case IN.REQUEST:
      parts.request = new RequestPart(cursor, words, at, true);
      return true;
    case IN.CLIENT:
      parts.client = new ClientPart(cursor, words, at);
      return true;
    case IN.RESPONSE:
      parts.response = new ResponsePart(cursor, words, at);
      return true;
    case IN.UPSTREAM:
      parts.upstream = new UpstreamPart(cursor, words, at);
      return true;
    case IN.UPSTREAM_REQUEST:
      parts.upstreamRequest = new RequestPart(cursor, words, at, false);
      return true;
    case IN.USED:
      call.cpuMs = words[at + 1] ?? 0;
      call.logLines = words[at + 2] ?? 0;
      call.logBytes = words[at + 3] ?? 0;
      call.hostCalls = words[at + 4] ?? 0;
      return true;
    case IN.CHUNK:
      call.chunk = cutBytes(cursor, words[at + 1] ?? 0);
      parts.isEnd = words[at + 2] === 1;
      return true;
    case IN.ERROR:
      parts.error = new ErrorPart(cursor, words, at);
      return true;
    case IN.TOTALS:
      parts.totals = new TotalsPart(cursor, words, at);
      return true;
    case IN.CLIENT_STATE:
      parts.clientState = cutText(cursor, words[at + 1] ?? 0);
      return true;
    case IN.BODY_MODES:
      parts.bodies = { request: words[at + 1] ?? 0, response: words[at + 2] ?? 0 };
      return true;
    case IN.MARKS:
      parts.marks = cutText(cursor, words[at + 1] ?? 0);
      return true;
    case IN.TLS_DIGEST:
      parts.tlsDigest = cutText(cursor, words[at + 1] ?? 0);
      return true;
    case IN.CHOICE:
      parts.choice = cutText(cursor, words[at + 1] ?? 0);
      return true;
    case IN.NOTES:
      call.notes = notesFrom(cutText(cursor, words[at + 1] ?? 0));
      return true;
    case IN.TRAILERS:
      parts.trailers = cutText(cursor, words[at + 1] ?? 0);
      return true;
    case IN.TRACE:
      parts.trace = {
        ids: cutText(cursor, words[at + 1] ?? 0),
        state: cutText(cursor, words[at + 2] ?? 0),
        flags: words[at + 3] ?? 0,
      };
      return true;
    case IN.PEER:
      parts.peer = new PeerPart(cursor, words, at);
      return true;
    default:
      return false;
  }
}

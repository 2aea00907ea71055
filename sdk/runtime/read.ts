// Reads one call and its parts from the inbox.

import { IN, RECORD_WORDS } from "../../src/wire/records.ts";
import { Call } from "./current.ts";
import { type Parts, Piece } from "./parts.ts";
import { windows } from "./port.ts";
import { Session } from "./session.ts";

export interface Cursor {
  /** The frame's text section, and how far it has been cut. */
  text: string;
  at: number;
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
  const ctx = cut(cursor, words[at + 4] ?? 0).text;
  const call = new Call(words[at + 1] ?? 0, words[at + 2] ?? 0, ctx);
  const parts = emptyParts(words[at + 3] ?? 0, words[at + 5] === 1, cursor.turnMs);
  cursor.record++;
  while (cursor.record < cursor.records && readPart(cursor, parts, call)) cursor.record++;
  call.session = new Session(call, parts);
  return call;
}

function emptyParts(attempt: number, canRetry: boolean, turnMs: number): Parts {
  return {
    attempt,
    canRetry,
    turnMs,
    request: null,
    client: null,
    upstreamRequest: null,
    response: null,
    upstream: null,
    error: null,
    totals: null,
    peer: null,
    isEnd: false,
  };
}

export const cutText = (cursor: Cursor, length: number): string =>
  length === 0 ? "" : cut(cursor, length).text;

/** A view of the frame's own buffer, which nobody else holds. */
export function cutBytes(cursor: Cursor, length: number): Uint8Array<ArrayBuffer> {
  const view = new Uint8Array(cursor.bytes, cursor.byteAt, length);
  cursor.byteAt += length;
  return view;
}

function cut(cursor: Cursor, length: number): Piece {
  const piece = new Piece(cursor.text, cursor.at, length);
  cursor.at += length;
  return piece;
}

/** Adds the part at the cursor; false if the record there begins something else. */
function readPart(cursor: Cursor, parts: Parts, call: Call): boolean {
  const words = windows.inbox;
  const at = cursor.record * RECORD_WORDS;
  const a = words[at + 1] ?? 0;
  const b = words[at + 2] ?? 0;
  const c = words[at + 3] ?? 0;
  const d = words[at + 4] ?? 0;
  const e = words[at + 5] ?? 0;
  switch (words[at]) {
    case IN.REQUEST: {
      const method = cut(cursor, a);
      const target = cut(cursor, b);
      const headers = cut(cursor, c);
      parts.request = { method, target, headers, host: cut(cursor, d), minor: e };
      return true;
    }
    case IN.CLIENT: {
      const address = cut(cursor, a);
      const id = cut(cursor, c);
      parts.client = { address, port: b, id, tls: d === 1, startMs: cut(cursor, e) };
      return true;
    }
    case IN.UPSTREAM_REQUEST: {
      const method = cut(cursor, a);
      const target = cut(cursor, b);
      parts.upstreamRequest = { method, target, headers: cut(cursor, c) };
      return true;
    }
    case IN.RESPONSE:
      parts.response = { status: a, headers: cut(cursor, b) };
      return true;
    case IN.UPSTREAM: {
      const peer = cut(cursor, a);
      const local = cut(cursor, b);
      parts.upstream = { peer, local, reused: c === 1, tls: d === 1, connectMs: e / 1000 };
      return true;
    }
    case IN.CHUNK:
      call.chunk = cutBytes(cursor, a);
      parts.isEnd = b === 1;
      return true;
    default:
      return readRarePart(cursor, parts);
  }
}

function readRarePart(cursor: Cursor, parts: Parts): boolean {
  const words = windows.inbox;
  const at = cursor.record * RECORD_WORDS;
  const a = words[at + 1] ?? 0;
  const b = words[at + 2] ?? 0;
  const c = words[at + 3] ?? 0;
  switch (words[at]) {
    case IN.ERROR: {
      const code = cut(cursor, a);
      const blame = cut(cursor, b);
      parts.error = { code, blame, message: cut(cursor, c), status: words[at + 4] ?? 0 };
      return true;
    }
    case IN.TOTALS: {
      const received = cut(cursor, a);
      parts.totals = { received, sent: cut(cursor, b) };
      return true;
    }
    case IN.PEER:
      parts.peer = cut(cursor, a);
      return true;
    default:
      return false;
  }
}

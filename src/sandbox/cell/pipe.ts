// Messages between a worker and a cell: one socket for each pair of them, both directions of the
// same shape. What comes is cut into messages by pipe-reader.ts.
//
//   header    HEAD_WORDS 32-bit integers: [length of the rest, kind, key, lane, turn, isLast,
//             records, text, bytes, counters, isReady, seed (9 words), now (a double, ms), limits]
//   records   24 bytes each         text      latin1
//   bytes     of bodies             counters  counter-notes.ts   limits  state/limit-notes.ts
//
// For example a turn with one call of 2 records: [72, TURN, 3, 1, 41, 1, 2, 24, 0, 0, 0, …].

import { SEED_WORDS } from "../../wire/control.ts";
import { RECORD_WORDS } from "../../wire/records.ts";
import { AT, HEAD, HEAD_AS_BYTES, HEAD_BYTES, setNow } from "./pipe-head.ts";

export const PIPE = {
  /** Worker to cell: a frame for the isolate of a deployment. */
  TURN: 1,
  /** Worker to cell: the lane's isolate is of no more use. */
  RELEASE: 2,
  /** Cell to worker: what came out of that turn. PART: the beginning, which waits for an OUT. */
  OUT: 3,
  PART: 10,
  /** Cell to worker: the isolate is gone in that turn. One record: last-words.ts; text: a fault. */
  LOST: 4,
  /** Cell to worker: text of a rejection that nothing waits for. One record: call, hook. */
  STRAY: 5,
  /** Worker to cell: a TURN whose call ran too long; where that stands is to be told. */
  TRACED_TURN: 7,
  /** Worker to cell: text is flags and secrets for a deployment, turn their revision. */
  VALUES: 6,
  /** Worker to cell: text is a tenant. One record: low and high half of a key, serial, or any. */
  LEFT: 8,
  /** Worker to cell: text is a tenant, limits all that its requests there hold. */
  HELD: 9,
} as const;

/** Text and bytes of one message: all effects of a call in a frame nearly full, and more. */
export const PIPE_BYTES_MAX = 67_108_864;

export const RECORD_BYTES = RECORD_WORDS * 4;

export interface PipeMessage {
  readonly kind: number;
  /** The deployment, as the main thread numbers them. */
  readonly key: number;
  /** The lane, as its worker numbers them: each has an isolate of its own. */
  readonly lane: number;
  /** Number of the turn in its lane, from 1. */
  readonly turn: number;
  readonly isLast: boolean;
  /** Of the last: something inside is to go on in a turn to come. */
  readonly isReady: boolean;
  readonly words: Int32Array;
  /** Records in `words`. */
  readonly count: number;
  readonly text: string;
  readonly bytes: Buffer;
  readonly counters: Buffer;
  readonly limits: Buffer;
  readonly seed: Int32Array;
  readonly nowMs: number;
}

export const NO_WORDS = new Int32Array(0);
export const NO_BYTES = Buffer.alloc(0);

/** What a message has when nothing else is said. */
export const BLANK: PipeMessage = {
  kind: 0,
  key: 0,
  lane: 0,
  turn: 0,
  isLast: true,
  isReady: false,
  words: NO_WORDS,
  count: 0,
  text: "",
  bytes: NO_BYTES,
  counters: NO_BYTES,
  limits: NO_BYTES,
  seed: new Int32Array(SEED_WORDS),
  nowMs: 0,
};

/** Raised for bytes that no honest other side can have written. */
export class PipeFault extends Error {}

/** Length of the whole message, whose `bytes` may come in parts. */
export function messageBytes(message: PipeMessage, parts: readonly Uint8Array[]): number {
  const { count, text, bytes, counters, limits } = message;
  const notes = counters.length + limits.length;
  return HEAD_BYTES + count * RECORD_BYTES + text.length + notes + sizeOf(bytes, parts);
}

/** Into a buffer that has room for it, at its beginning. */
export function writeMessage(
  buffer: Buffer,
  message: PipeMessage,
  parts: readonly Uint8Array[],
): void {
  const { words, count, text, bytes, counters, limits, seed } = message;
  const partBytes = sizeOf(bytes, parts);
  const sections = text.length + partBytes + counters.length + limits.length;
  HEAD[AT.length] = count * RECORD_BYTES + sections;
  HEAD[AT.kind] = message.kind;
  HEAD[AT.key] = message.key;
  HEAD[AT.lane] = message.lane;
  HEAD[AT.turn] = message.turn;
  HEAD[AT.isLast] = message.isLast ? 1 : 0;
  HEAD[AT.records] = count;
  HEAD[AT.text] = text.length;
  HEAD[AT.bytes] = partBytes;
  HEAD[AT.counters] = counters.length;
  HEAD[AT.isReady] = message.isReady ? 1 : 0;
  for (let i = 0; i < SEED_WORDS; i++) HEAD[AT.seed + i] = seed[i] ?? 0;
  setNow(message.nowMs);
  HEAD[AT.limits] = limits.length;
  buffer.set(HEAD_AS_BYTES, 0);
  let at = HEAD_BYTES;
  if (count > 0) at = put(buffer, bytesOf(words, count * RECORD_WORDS), at);
  if (text.length > 0) buffer.write(text, at, "latin1");
  at = put(buffer, bytes, at + text.length);
  for (const part of parts) at = put(buffer, part, at);
  put(buffer, limits, put(buffer, counters, at));
}

const sizeOf = (bytes: Buffer, parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, part) => sum + part.length, bytes.length);

function put(buffer: Buffer, part: Uint8Array, at: number): number {
  if (part.length > 0) buffer.set(part, at);
  return at + part.length;
}

/** In a buffer of its own. */
export function encodeMessage(message: PipeMessage): Buffer {
  const buffer = Buffer.allocUnsafe(messageBytes(message, []));
  writeMessage(buffer, message, []);
  return buffer;
}

/** The same memory, as far as `count` words go. */
export const bytesOf = (words: Int32Array, count: number): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, count * 4);

// Messages between a worker and a cell: one socket for each pair of them, both directions of the
// same shape. Whatever a worker reads was written by a process that runs hostile code: each length
// is bounded before anything is allocated for it; what a frame says sandbox/decode.ts checks.
//
//   header    HEAD_WORDS 32-bit integers: [length of the rest, kind, key, lane, turn, isLast,
//             records, text, bytes, counters, isReady, seed (9 words), now (a double, ms), limits]
//   records   24 bytes each         text      latin1
//   bytes     of bodies             counters  counter-notes.ts   limits  state/limit-notes.ts
//
// For example a turn with one call of 2 records: [72, TURN, 3, 1, 41, 1, 2, 24, 0, 0, 0, …].

import { SEED_WORDS } from "../../wire/control.ts";
import { FRAME_RECORDS_MAX, RECORD_WORDS } from "../../wire/records.ts";

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

const HEAD_WORDS = 14 + SEED_WORDS;
const HEAD_BYTES = HEAD_WORDS * 4;
const RECORD_BYTES = RECORD_WORDS * 4;
/** Offsets in the header, in bytes. */
const AT = {
  length: 0,
  kind: 4,
  key: 8,
  lane: 12,
  turn: 16,
  isLast: 20,
  records: 24,
  text: 28,
  bytes: 32,
  counters: 36,
  isReady: 40,
  seed: 44,
  nowMs: 44 + SEED_WORDS * 4,
  limits: 52 + SEED_WORDS * 4,
} as const;

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
  const { words, count, text, bytes, counters, limits } = message;
  const partBytes = sizeOf(bytes, parts);
  buffer.writeInt32LE(messageBytes(message, parts) - HEAD_BYTES, AT.length);
  buffer.writeInt32LE(message.kind, AT.kind);
  buffer.writeInt32LE(message.key, AT.key);
  buffer.writeInt32LE(message.lane, AT.lane);
  buffer.writeInt32LE(message.turn, AT.turn);
  buffer.writeInt32LE(message.isLast ? 1 : 0, AT.isLast);
  buffer.writeInt32LE(count, AT.records);
  buffer.writeInt32LE(text.length, AT.text);
  buffer.writeInt32LE(partBytes, AT.bytes);
  buffer.writeInt32LE(counters.length, AT.counters);
  buffer.set(bytesOf(message.seed, SEED_WORDS), AT.seed);
  buffer.writeInt32LE(message.isReady ? 1 : 0, AT.isReady);
  buffer.writeDoubleLE(message.nowMs, AT.nowMs);
  buffer.writeInt32LE(limits.length, AT.limits);
  let at = put(buffer, bytesOf(words, count * RECORD_WORDS), HEAD_BYTES);
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

/** Cuts a stream into messages, which keep nothing of the chunks that they came in. */
export class PipeReader {
  /** Copies of the chunks of a message that is not whole yet. */
  #chunks: Buffer[] = [];
  #have = 0;
  /** Bytes that are needed before there is more to read. */
  #need = HEAD_BYTES;

  /** Calls `take` for each message that is whole. Throws PipeFault. */
  read(chunk: Buffer, take: (message: PipeMessage) => void): void {
    let data = chunk;
    if (this.#have > 0) {
      this.#keep(chunk);
      if (this.#have < this.#need) return;
      data = Buffer.concat(this.#chunks, this.#have);
      this.#chunks = [];
      this.#have = 0;
    }
    let at = 0;
    this.#need = HEAD_BYTES;
    while (data.length - at >= HEAD_BYTES) {
      const whole = HEAD_BYTES + lengthAt(data, at);
      if (data.length - at < whole) {
        this.#need = whole;
        break;
      }
      take(decode(data, at));
      at += whole;
    }
    if (at < data.length) this.#keep(data.subarray(at));
  }

  #keep(part: Buffer): void {
    this.#chunks.push(Buffer.from(part));
    this.#have += part.length;
  }
}

/** Length of what follows the header at `at`, which is checked. */
function lengthAt(data: Buffer, at: number): number {
  const length = data.readInt32LE(at + AT.length);
  const records = data.readInt32LE(at + AT.records);
  const text = data.readInt32LE(at + AT.text);
  const bytes = data.readInt32LE(at + AT.bytes);
  const counters = data.readInt32LE(at + AT.counters);
  if (records < 0 || records > FRAME_RECORDS_MAX) throw new PipeFault(`${records} records`);
  const limits = data.readInt32LE(at + AT.limits);
  if (Math.min(text, bytes, counters, limits) < 0) throw new PipeFault("a negative length");
  // each is below 2^31, so the sum is exact
  const sum = records * RECORD_BYTES + text + bytes + counters + limits;
  if (sum > PIPE_BYTES_MAX) throw new PipeFault(`a message of ${sum} bytes`);
  if (sum !== length) throw new PipeFault(`sections of ${sum} in a message of ${length} bytes`);
  return length;
}

function decode(data: Buffer, at: number): PipeMessage {
  const count = data.readInt32LE(at + AT.records);
  const text = at + HEAD_BYTES + count * RECORD_BYTES;
  const bytes = text + data.readInt32LE(at + AT.text);
  const counters = bytes + data.readInt32LE(at + AT.bytes);
  const limits = counters + data.readInt32LE(at + AT.counters);
  const end = limits + data.readInt32LE(at + AT.limits);
  return {
    kind: data.readInt32LE(at + AT.kind),
    key: data.readInt32LE(at + AT.key),
    lane: data.readInt32LE(at + AT.lane),
    turn: data.readInt32LE(at + AT.turn),
    isLast: data.readInt32LE(at + AT.isLast) === 1,
    isReady: data.readInt32LE(at + AT.isReady) === 1,
    words: wordsAt(data, at + HEAD_BYTES, count * RECORD_WORDS),
    count,
    text: data.toString("latin1", text, bytes),
    bytes: copyOf(data, bytes, counters),
    counters: copyOf(data, counters, limits),
    limits: copyOf(data, limits, end),
    seed: wordsAt(data, at + AT.seed, SEED_WORDS),
    nowMs: data.readDoubleLE(at + AT.nowMs),
  };
}

const copyOf = (data: Buffer, from: number, to: number): Buffer =>
  from === to ? NO_BYTES : Buffer.from(data.subarray(from, to));

/** A copy, since records need not lie on a multiple of four. */
function wordsAt(data: Buffer, at: number, count: number): Int32Array {
  if (count === 0) return NO_WORDS;
  const words = new Int32Array(count);
  bytesOf(words, count).set(data.subarray(at, at + count * 4));
  return words;
}

const bytesOf = (words: Int32Array, count: number): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, count * 4);

// Cuts what comes through a pipe into messages (pipe.ts). Whatever a worker reads was written by a
// process that runs hostile code: each length is bounded before anything is allocated for it; what
// a frame says sandbox/decode.ts checks.

import { SEED_WORDS } from "../../wire/control.ts";
import { FRAME_RECORDS_MAX, RECORD_WORDS } from "../../wire/records.ts";
import {
  bytesOf,
  NO_BYTES,
  NO_WORDS,
  PIPE_BYTES_MAX,
  PipeFault,
  type PipeMessage,
  RECORD_BYTES,
} from "./pipe.ts";
import { AT, HEAD, HEAD_AS_BYTES, HEAD_BYTES, readNow } from "./pipe-head.ts";

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
      const whole = HEAD_BYTES + readHead(data, at);
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

/** Reads the header at `at`, and returns the length of what follows it, which is checked. */
function readHead(data: Buffer, at: number): number {
  HEAD_AS_BYTES.set(data.subarray(at, at + HEAD_BYTES));
  const records = HEAD[AT.records] ?? 0;
  const text = HEAD[AT.text] ?? 0;
  const bytes = HEAD[AT.bytes] ?? 0;
  const counters = HEAD[AT.counters] ?? 0;
  const limits = HEAD[AT.limits] ?? 0;
  if (records < 0 || records > FRAME_RECORDS_MAX) throw new PipeFault(`${records} records`);
  if (Math.min(text, bytes, counters, limits) < 0) throw new PipeFault("a negative length");
  // each is below 2^31, so the sum is exact
  const sum = records * RECORD_BYTES + text + bytes + counters + limits;
  if (sum > PIPE_BYTES_MAX) throw new PipeFault(`a message of ${sum} bytes`);
  const length = HEAD[AT.length] ?? 0;
  if (sum !== length) throw new PipeFault(`sections of ${sum} in a message of ${length} bytes`);
  return length;
}

/** Behind the header that has just been read. */
function decode(data: Buffer, at: number): PipeMessage {
  const count = HEAD[AT.records] ?? 0;
  const text = at + HEAD_BYTES + count * RECORD_BYTES;
  const bytes = text + (HEAD[AT.text] ?? 0);
  const counters = bytes + (HEAD[AT.bytes] ?? 0);
  const limits = counters + (HEAD[AT.counters] ?? 0);
  return {
    kind: HEAD[AT.kind] ?? 0,
    key: HEAD[AT.key] ?? 0,
    lane: HEAD[AT.lane] ?? 0,
    turn: HEAD[AT.turn] ?? 0,
    isLast: HEAD[AT.isLast] === 1,
    isReady: HEAD[AT.isReady] === 1,
    words: wordsAt(data, at + HEAD_BYTES, count * RECORD_WORDS),
    count,
    text: data.toString("latin1", text, bytes),
    bytes: copyOf(data, bytes, counters),
    counters: copyOf(data, counters, limits),
    limits: copyOf(data, limits, limits + (HEAD[AT.limits] ?? 0)),
    seed: HEAD.slice(AT.seed, AT.seed + SEED_WORDS),
    nowMs: readNow(),
  };
}

const copyOf = (data: Buffer, from: number, to: number): Buffer =>
  from === to ? NO_BYTES : Buffer.from(data.subarray(from, to));

/**
 * Where records of small messages go, one behind the other, until it is full. Memory of its own for
 * each is a call of malloc, and more work for the garbage collector than all else of a message.
 */
const SLAB_WORDS = 16_384;
let slab = new Int32Array(SLAB_WORDS);
let slabBytes = new Uint8Array(slab.buffer);
let slabNext = 0;

/** A copy, since records need not lie on a multiple of four. */
function wordsAt(data: Buffer, at: number, count: number): Int32Array {
  if (count === 0) return NO_WORDS;
  const bytes = data.subarray(at, at + count * 4);
  if (count > SLAB_WORDS / 8) {
    const words = new Int32Array(count);
    bytesOf(words, count).set(bytes);
    return words;
  }
  if (slabNext + count > SLAB_WORDS) {
    slab = new Int32Array(SLAB_WORDS);
    slabBytes = new Uint8Array(slab.buffer);
    slabNext = 0;
  }
  const from = slabNext;
  slabNext += count;
  slabBytes.set(bytes, from * 4);
  return slab.subarray(from, slabNext);
}

// Messages between worker and cell: cut right wherever the stream is cut, and refused, before
// anything is allocated, where no honest side wrote them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BLANK,
  encodeMessage,
  PIPE,
  PIPE_BYTES_MAX,
  PipeFault,
  type PipeMessage,
} from "../../../src/sandbox/cell/pipe.ts";
import { PipeReader } from "../../../src/sandbox/cell/pipe-reader.ts";
import { SEED_WORDS } from "../../../src/wire/control.ts";
import { FRAME_RECORDS_MAX, RECORD_WORDS } from "../../../src/wire/records.ts";
import { fc } from "../../support/property.ts";

const int = (): fc.Arbitrary<number> => fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

const latin1 = (): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 255 })).map((codes) => String.fromCharCode(...codes));

const message: fc.Arbitrary<PipeMessage> = fc
  .record({
    kind: int(),
    key: int(),
    lane: int(),
    turn: int(),
    isLast: fc.boolean(),
    isReady: fc.boolean(),
    records: fc.array(fc.tuple(int(), int(), int(), int(), int(), int()), { maxLength: 20 }),
    text: latin1(),
    bytes: fc.uint8Array(),
    counters: fc.uint8Array(),
    limits: fc.uint8Array(),
    seed: fc.array(int(), { minLength: SEED_WORDS, maxLength: SEED_WORDS }),
    nowMs: fc.double({ noNaN: true }),
  })
  .map(({ records, bytes, counters, limits, seed, ...rest }) => ({
    ...rest,
    seed: Int32Array.from(seed),
    words: Int32Array.from(records.flat()),
    count: records.length,
    bytes: Buffer.from(bytes),
    counters: Buffer.from(counters),
    limits: Buffer.from(limits),
  }));

function readAll(chunks: readonly Buffer[]): PipeMessage[] {
  const reader = new PipeReader();
  const messages: PipeMessage[] = [];
  for (const chunk of chunks) reader.read(chunk, (one) => void messages.push(one));
  return messages;
}

function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b);
  const chunks: Buffer[] = [];
  let from = 0;
  for (const at of [...sorted, stream.length]) {
    chunks.push(stream.subarray(from, at));
    from = at;
  }
  return chunks;
}

test("messages come out as they went in, wherever the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat()), (messages, places) => {
      const stream = Buffer.concat(messages.map((one) => encodeMessage(one)));
      assert.deepEqual(readAll(cut(stream, places)), messages);
    }),
  );
});

test("a message keeps its records, however many others are read behind it", () => {
  const numbers = Array.from({ length: 3_000 }, (_, index) => index);
  // small ones share memory; the largest that there can be has its own
  const sizes = [1, 40, FRAME_RECORDS_MAX, 300];
  const messages = numbers.map((number): PipeMessage => {
    const count = number < sizes.length ? (sizes[number] ?? 0) : 1 + (number % 7);
    return { ...BLANK, turn: number, count, words: wordsOf(number, count) };
  });
  const reader = new PipeReader();
  const found: PipeMessage[] = [];
  for (const one of messages) reader.read(encodeMessage(one), (read) => void found.push(read));
  assert.equal(found.length, messages.length);
  for (const { turn, count, words } of found) assert.deepEqual(words, wordsOf(turn, count));
});

/** Different in each place, and in each message. */
const wordsOf = (number: number, count: number): Int32Array =>
  Int32Array.from({ length: count * RECORD_WORDS }, (_, place) => number * 100_000 + place);

test("a stream of any bytes gives messages or a PipeFault, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (bytes, places) => {
      try {
        readAll(cut(Buffer.from(bytes), places));
      } catch (thrown) {
        assert.ok(thrown instanceof PipeFault);
      }
    }),
  );
});

test("a whole message with one changed word of its header is read, or refused as a whole", () => {
  const words = new Int32Array(2 * RECORD_WORDS);
  const sound = { ...BLANK, kind: PIPE.OUT, words, count: 2, text: "abc" };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 13 }), int(), (at, value) => {
      const stream = encodeMessage(sound);
      stream.writeInt32LE(value, at * 4);
      try {
        for (const { count, text } of readAll([stream])) {
          assert.equal(count, 2);
          assert.equal(text.length, 3);
        }
      } catch (thrown) {
        assert.ok(thrown instanceof PipeFault);
      }
    }),
  );
});

test("lengths beyond the bound are refused from the header alone", () => {
  const header = encodeMessage(BLANK);
  header.writeInt32LE(PIPE_BYTES_MAX + 1, 0);
  header.writeInt32LE(PIPE_BYTES_MAX + 1, 28);
  assert.throws(() => readAll([header]), PipeFault);
});

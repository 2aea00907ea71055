// Frames: what a writer writes a reader reads, and whatever else may stand in memory is a
// FrameFault and nothing else. What comes out of an isolate is hostile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFrame } from "../../src/sandbox/decode.ts";
import { FrameFault } from "../../src/sandbox/frame-text.ts";
import { escapeJson, FrameWriter, frameFault } from "../../src/wire/frame.ts";
import {
  EFFECTS_SIZE_MAX,
  FRAME_RECORDS_MAX,
  LOG_LEVELS,
  OUT,
  OUTCOME,
  RECORD_WORDS,
  WINDOW_WORDS,
} from "../../src/wire/records.ts";
import { OUT_SHAPES } from "../../src/wire/shapes.ts";
import { fc } from "../support/property.ts";
import { Sink } from "./frame-sink.ts";

const NO_BYTES = Buffer.alloc(0);

/** True: it was a fault. Anything thrown but a FrameFault fails the test. */
function isFault(words: Int32Array, count: number, text: string, bytes = NO_BYTES): boolean {
  const sink = new Sink();
  try {
    readFrame({ words, count, text, bytes }, sink);
    return false;
  } catch (thrown) {
    if (thrown instanceof FrameFault) return true;
    throw thrown;
  } finally {
    for (const line of sink.told) assert.match(line, /^(?:7|8 late|9|outside) /);
  }
}

function read({ words, count, text }: FrameWriter): Sink {
  const sink = new Sink();
  readFrame({ words, count, text, bytes: NO_BYTES }, sink);
  return sink;
}

const word = fc.oneof(
  fc.integer({ min: -2, max: 16 }),
  fc.constantFrom(7, 8, 9, 0x7fffffff, -0x80000000, 2048),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
);
const anyText = fc.string({ unit: "binary", maxLength: 200 });

test("any words, counts, texts and bytes are read or are a FrameFault", () => {
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 20 * RECORD_WORDS }),
      fc.oneof(fc.integer({ min: -1, max: 24 }), fc.constantFrom(FRAME_RECORDS_MAX + 1, -1e9)),
      anyText,
      fc.uint8Array({ maxLength: 20 }),
      (words, count, text, bytes) => {
        isFault(Int32Array.from(words), count, text, Buffer.from(bytes));
      },
    ),
    { numRuns: 2_000 },
  );
});

/** A record whose lengths fit, with a text that is JSON as often as not. */
const record = fc
  .record({
    kind: fc.integer({ min: 1, max: OUT_SHAPES.length - 1 }),
    id: fc.constantFrom(7, 8, 9, 0, 12),
    rest: fc.array(fc.integer({ min: -1, max: 16 }), { minLength: 4, maxLength: 4 }),
    texts: fc.array(
      fc.oneof(
        fc.string({ unit: "binary-ascii", maxLength: 8 }),
        fc.constantFrom('"a"', "{}", '{"message":"m","stack":1}', "null", "[", "\xff"),
      ),
      { minLength: 2, maxLength: 2 },
    ),
    bytes: fc.uint8Array({ maxLength: 4 }),
  })
  .filter(({ kind }) => OUT_SHAPES[kind] !== undefined);

test("records whose lengths fit never reach a call that was not given out", () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), (records) => {
      const words = new Int32Array(WINDOW_WORDS);
      let text = "";
      const bytes: Buffer[] = [];
      for (const [i, { kind, id, rest, texts, bytes: part }] of records.entries()) {
        const at = i * RECORD_WORDS;
        words.set([kind, id, ...rest], at);
        for (const [n, index] of (OUT_SHAPES[kind]?.text ?? []).entries()) {
          words[at + index] = texts[n]?.length ?? 0;
          text += texts[n] ?? "";
        }
        for (const index of OUT_SHAPES[kind]?.bytes ?? []) {
          words[at + index] = part.length;
          bytes.push(Buffer.from(part));
        }
      }
      if (!isFault(words, records.length, text, Buffer.concat(bytes))) whole++;
    }),
    { numRuns: 3_000 },
  );
  assert.ok(whole > 100, `only ${whole} frames were whole: the generator is too wild`);
});

test("what a writer wrote is read as it was", () => {
  const string = fc.string({ unit: "binary", maxLength: 40 });
  const line = fc.record({ level: fc.nat({ max: LOG_LEVELS.length - 1 }), message: string });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), string, (lines, value) => {
      const frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
      for (const { level, message } of lines) {
        const json = escapeJson(JSON.stringify(message));
        frame.record(OUT.LOG, 7, level, json.length, 2);
        frame.text += json;
      }
      const ctx = escapeJson(JSON.stringify({ value }));
      frame.record(OUT.DONE, 7, OUTCOME.ok, 2, ctx.length);
      frame.text += ctx;
      const sink = read(frame);
      const expected = lines.map(({ level, message }) => `7 ${level} requestFilter ${message}`);
      assert.deepEqual(sink.told, [...expected, "7 done"]);
      assert.deepEqual(JSON.parse(sink.results[0]?.ctx ?? ""), { value });
    }),
  );
});

const FAULTS: Readonly<Record<string, readonly [number[], string]>> = {
  "an unknown kind": [[99, 7], ""],
  "kind 0": [[0, 7], ""],
  "a negative length": [[OUT.LOG, 7, 2, -1], ""],
  "a text that is too short": [[OUT.LOG, 7, 2, 5], '"a"'],
  "a text that is too long": [[OUT.LOG, 7, 2, 3], '"a" '],
  "a call that does not exist": [[OUT.DONE, 12, 0, 2, 2], "{}"],
  "a hook that does not exist": [[OUT.DONE, 7, 0, 99, 2], "{}"],
  "a failure that was not told": [[OUT.DONE, 7, OUTCOME.failed, 2, 2], "{}"],
  "a failure without text": [[OUT.FAIL, 7, 0, 4], "null"],
  "a failure with an unknown code": [[OUT.FAIL, 7, 99, 2], "{}"],
  "a log line that is no string": [[OUT.LOG, 7, 2, 1], "1"],
  "text that is not JSON": [[OUT.LOG, 7, 2, 1], "{"],
  "text beyond latin1": [[OUT.LOG, 7, 2, 3], '"\u0100"'],
};

test("the message of a failure is text, whatever stands in its place", () => {
  const frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
  const json = '{"message":{"toString":1},"stack":[]}';
  frame.record(OUT.FAIL, 7, 0, json.length);
  frame.record(OUT.DONE, 7, OUTCOME.failed, 2, 2);
  frame.text = `${json}{}`;
  const sink = read(frame);
  assert.deepEqual(sink.results[0]?.failure, { code: "script_error", message: "", stack: "" });
});

for (const [title, [words, text]] of Object.entries(FAULTS)) {
  test(`${title} is a fault of the frame`, () => {
    assert.equal(isFault(Int32Array.from([...words, 0, 0, 0, 0, 0]), 1, text), true);
  });
}

test("records of a call that was cancelled are passed over, with their texts, but for its lines", () => {
  const frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
  frame.record(OUT.EDIT, 8, 0, 0, 3, 2);
  frame.text += "x-ano";
  frame.record(OUT.LOG, 8, 2, 6, 2);
  frame.text += '"late"';
  frame.record(OUT.LOG, 7, 2, 5, 1);
  frame.text += '"yes"';
  const { told } = read(frame);
  assert.deepEqual(told, ["8 late 2 requestFilter late", "7 2 earlyRequestFilter yes"]);
});

test("a frame has as many records as fit into its window, and no more", () => {
  const words = new Int32Array(WINDOW_WORDS).fill(0);
  for (let i = 0; i < FRAME_RECORDS_MAX; i++) words.set([OUT.STATUS, 7, 200], i * RECORD_WORDS);
  const sizes = { text: 0, bytes: 0 };
  assert.equal(frameFault(words, { ...sizes, count: FRAME_RECORDS_MAX }, OUT_SHAPES), null);
  const over = frameFault(words, { ...sizes, count: FRAME_RECORDS_MAX + 1 }, OUT_SHAPES);
  assert.equal(over, `${FRAME_RECORDS_MAX + 1} records`);
});

test("a call that edits more than our runtime lets it, or keeps more, is a fault", () => {
  const frameOf = (kind: number, name: string, value: string): FrameWriter => {
    const frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
    while (frame.room > 0) {
      frame.record(kind, 7, 0, 0, name.length, value.length);
      frame.text += name + value;
    }
    return frame;
  };
  const framesTaken = (frame: FrameWriter): number => {
    const sink = new Sink();
    for (let taken = 0; taken < 100; taken++) {
      try {
        readFrame({ ...frame, words: frame.words, bytes: NO_BYTES }, sink);
      } catch (thrown) {
        assert.ok(thrown instanceof FrameFault);
        return taken;
      }
    }
    return 100;
  };
  assert.equal(framesTaken(frameOf(OUT.EDIT, "x", "y")), 0);
  const answers = new FrameWriter(new Int32Array(WINDOW_WORDS));
  answers.record(OUT.RESPOND, 7, 200, 0, 8_000_000);
  answers.text = "x".repeat(8_000_000);
  assert.equal(framesTaken(answers), Math.floor(EFFECTS_SIZE_MAX / 8_000_000));
});

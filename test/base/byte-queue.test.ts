// A queue of bytes: they come out as they went in, and what it keeps in memory is in proportion to
// them, however small the pieces were in which they came.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { fc } from "../support/property.ts";

const numbered = (length: number, from = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (from + index) % 251));

/** Bytes of memory behind the pieces, each buffer once. */
function heldBytes(queue: ByteQueue): number {
  const buffers = new Set<ArrayBufferLike>();
  for (const piece of queue.pieces()) buffers.add(piece.buffer);
  return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

const size = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 0, max: 5_000 }),
  fc.integer({ min: 10_000, max: 70_000 }),
);

test("bytes come out whole and in their order, in whatever pieces they came", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(size, fc.boolean()), { maxLength: 40 }), (steps) => {
      const queue = new ByteQueue();
      const [into, out]: [Buffer[], Buffer[]] = [[], []];
      for (const [length, takes] of steps) {
        const chunk = numbered(length, into.length);
        into.push(Buffer.from(chunk));
        queue.push(chunk);
        const piece = takes ? queue.shift() : null;
        if (piece !== null) out.push(piece);
      }
      const left = Buffer.concat([...queue.pieces()]);
      assert.equal(queue.bytes, left.length);
      assert.deepEqual(Buffer.concat([...out, left]), Buffer.concat(into));
      assert.deepEqual(queue.whole(), left);
    }),
    { numRuns: 60 },
  );
});

test("a piece that was taken out is not changed by what comes later", () => {
  const queue = new ByteQueue();
  queue.push(numbered(3));
  queue.push(numbered(3));
  const piece = queue.shift();
  for (let i = 0; i < 100; i++) queue.push(numbered(100, 7));
  assert.deepEqual(piece, Buffer.concat([numbered(3), numbered(3)]));
});

test("a chunk that comes alone, or is large, is not copied", () => {
  const queue = new ByteQueue();
  const [small, large] = [numbered(10), numbered(40_000)];
  queue.push(small);
  assert.equal(queue.shift(), small);
  queue.push(small);
  queue.push(large);
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], [small, large, null]);
});

test("a million bytes that come one by one are few pieces, and take no more than twice as much", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 1_000_000; i++) queue.push(Buffer.allocUnsafeSlow(1));
  assert.ok([...queue.pieces()].length <= 20);
  assert.ok(heldBytes(queue) < 1_200_000, `${heldBytes(queue)}`);
});

test("small windows on large buffers, as framing leaves them, do not hold on to these", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 100; i++) queue.push(Buffer.allocUnsafeSlow(65_536).subarray(0, 10_000));
  assert.ok(heldBytes(queue) < 1_300_000, `${heldBytes(queue)}`);
  for (let i = 0; i < 100; i++) {
    queue.push(Buffer.allocUnsafeSlow(65_536).subarray(0, 1));
    queue.push(Buffer.allocUnsafeSlow(20_000));
  }
  queue.push(Buffer.allocUnsafeSlow(1_000_000).subarray(0, 100_000));
  assert.ok(heldBytes(queue) < 6_700_000, `${heldBytes(queue)}`);
});

test("what was joined once is not joined again", () => {
  const queue = new ByteQueue();
  queue.push(numbered(40_000));
  queue.push(numbered(40_000));
  const whole = queue.whole();
  assert.equal(queue.whole(), whole);
  queue.clear();
  assert.deepEqual([queue.bytes, queue.shift(), queue.whole().length], [0, null, 0]);
});

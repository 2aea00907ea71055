// Where WebSocket frames end, however the bytes are cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameEnds } from "../../src/downstream/frame-ends.ts";

function frame(payloadBytes: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head = [0x82];
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(payloadBytes));
  if (payloadBytes < 126) head.push(mask | payloadBytes);
  else if (payloadBytes < 65_536) head.push(mask | 126, ...long.subarray(6));
  else head.push(mask | 127, ...long);
  if (isMasked) head.push(1, 2, 3, 4);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(payloadBytes, 0x81)]);
}

const SIZES = [0, 1, 125, 126, 65_535, 65_536];

test("every form of length and mask is understood, in whole frames", () => {
  const ends = new FrameEnds();
  for (const isMasked of [false, true]) {
    for (const size of SIZES) {
      const bytes = frame(size, isMasked);
      assert.equal(ends.take(bytes), bytes.length);
      assert.ok(ends.isBetweenFrames);
    }
  }
});

test("a frame cut at any place ends where it ends", () => {
  const bytes = Buffer.concat([frame(300, true), frame(2, false)]);
  const first = frame(300, true).length;
  for (let cut = 1; cut < first; cut++) {
    const ends = new FrameEnds();
    assert.equal(ends.take(bytes.subarray(0, cut)), -1);
    assert.ok(!ends.isBetweenFrames);
    assert.equal(ends.take(bytes.subarray(cut)), first - cut);
    assert.ok(ends.isBetweenFrames);
  }
});

test("an empty chunk ends nothing", () => {
  assert.equal(new FrameEnds().take(Buffer.alloc(0)), -1);
});

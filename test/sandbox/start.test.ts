// What the start of a script may take: processor time, and a second start where the machine was
// busy.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LateStart, startError, startTwice } from "../../src/sandbox/start.ts";

/** A start that uses so much of the processor, each time, and is ended for its time. */
function ended(...usedMs: number[]) {
  const attempts: number[] = [];
  const start = (attempt: 0 | 1): string => {
    attempts.push(attempt);
    const used = usedMs[attempt];
    if (used === undefined) return "started";
    throw new LateStart(used);
  };
  return { start, attempts };
}

test("a start that the machine held up is tried once more", () => {
  const { start, attempts } = ended(100);
  assert.equal(startTwice(start, 1_000), "started");
  assert.deepEqual(attempts, [0, 1]);
});

test("one that used its time is not, nor one that was held up twice", () => {
  const endless = ended(990);
  assert.throws(() => startTwice(endless.start, 1_000), LateStart);
  assert.deepEqual(endless.attempts, [0]);
  const starved = ended(100, 200);
  assert.throws(() => startTwice(starved.start, 1_000), { usedMs: 200 });
  assert.deepEqual(starved.attempts, [0, 1]);
});

test("what a script threw is thrown as it was", () => {
  const thrown = new Error("not today");
  const start = () => {
    throw thrown;
  };
  assert.throws(() => startTwice(start, 1_000), thrown);
  assert.equal(startError(thrown, false, 5), thrown);
});

test("the library's own end of a start counts as one for its time", () => {
  const late = startError(new Error("Script execution timed out."), false, 5);
  assert.ok(late instanceof LateStart);
  assert.equal(late.usedMs, 5);
});

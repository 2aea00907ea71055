// What a script learns from outside its frame can be noted, and answered from a record.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { learnt, noteWith, SOURCE } from "../../sdk/runtime/learnt.ts";

afterEach(() => noteWith(null));

test("a value passes as it is while nobody notes", () => {
  assert.equal(learnt(SOURCE.counter, 7), 7);
});

test("a recorder sees each value with its source, in order", () => {
  const seen: unknown[] = [];
  noteWith((source, value) => {
    seen.push([source, value]);
    return value;
  });
  assert.equal(learnt(SOURCE.counter, 7), 7);
  assert.equal(learnt(SOURCE.flag, "on"), "on");
  assert.deepEqual(seen, [
    [SOURCE.counter, 7],
    [SOURCE.flag, "on"],
  ]);
});

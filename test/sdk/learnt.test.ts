// What a script learns from outside its frame can be noted, and answered from a record.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type Learning, learnt, learnWith, SOURCE } from "../../sdk/runtime/learnt.ts";

afterEach(() => learnWith(null));

test("a value passes as it is while nobody notes", () => {
  assert.equal(learnt(SOURCE.counter, "hits", 7), 7);
});

test("who notes sees each value with its source and key, between the slices of its call", () => {
  const seen: unknown[] = [];
  const notes: Learning = {
    learn(source, key, value) {
      seen.push([source, key, value]);
      return value;
    },
    begin: () => seen.push("begins"),
    end: () => seen.push("ends"),
  };
  learnWith(notes);
  assert.equal(learnt(SOURCE.counter, "hits", 7), 7);
  assert.equal(learnt(SOURCE.flag, "beta", "on"), "on");
  learnWith(null);
  learnt(SOURCE.flag, "beta", "off");
  assert.deepEqual(seen, [
    "begins",
    [SOURCE.counter, "hits", 7],
    [SOURCE.flag, "beta", "on"],
    "ends",
  ]);
});

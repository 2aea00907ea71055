// What a cell tells of its counters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellCounters } from "../../../src/sandbox/cell/cell-counters.ts";
import { decodeNotes, encodeNotes } from "../../../src/sandbox/cell/counter-notes.ts";
import { fc } from "../../support/property.ts";

function add(counters: CellCounters, name: string, by: bigint): void {
  Atomics.add(new BigInt64Array(counters.buffer), counters.slotOf(name), by);
}

test("each change is told once, with its absolute value and a number that only grows", () => {
  const counters = new CellCounters([{ name: "old", value: "40" }]);
  assert.equal(counters.takeNotes().length, 0, "what the host said is nothing new to it");
  add(counters, "old", 2n);
  add(counters, "new", 1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [
    { name: "old", value: 42n, sequence: 1 },
    { name: "new", value: 1n, sequence: 2 },
  ]);
  assert.equal(counters.takeNotes().length, 0);
  add(counters, "old", -1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "old", value: 41n, sequence: 3 }]);
});

test("a counter that was only made is told of too", () => {
  const counters = new CellCounters([]);
  counters.slotOf("made");
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "made", value: 0n, sequence: 1 }]);
});

test("what was counted and not told is taken back", () => {
  const counters = new CellCounters([{ name: "old", value: "40" }]);
  add(counters, "old", 2n);
  counters.takeNotes();
  add(counters, "old", 5n);
  add(counters, "new", 1n);
  counters.takeBack();
  add(counters, "old", 1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [
    { name: "old", value: 43n, sequence: 2 },
    { name: "new", value: 0n, sequence: 3 },
  ]);
});

test("what the host adds is not taken back, and is nothing new to it", () => {
  const counters = new CellCounters([{ name: "old", value: "40" }]);
  counters.add("old", 60n);
  counters.takeBack();
  assert.equal(counters.takeNotes().length, 0);
  add(counters, "old", 1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "old", value: 101n, sequence: 1 }]);
});

test("a tenant has at most as many counters as its limit says", () => {
  const counters = new CellCounters([]);
  assert.deepEqual([counters.slotOf("one", 2), counters.slotOf("two", 2)], [0, 1]);
  assert.ok(counters.slotOf("three", 2) < 0);
  assert.equal(counters.slotOf("one", 2), 0, "those that are there stay");
});

test("bytes that no cell of ours wrote are no notes", () => {
  const sound = encodeNotes([{ name: "hits", value: 7n, sequence: 1 }]);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (place, value, end) => {
      const bytes = Buffer.from(sound);
      bytes[place % bytes.length] = value;
      const notes = decodeNotes(bytes.subarray(0, end % (bytes.length + 1)));
      for (const { name, sequence } of notes ?? []) {
        assert.match(name, /^[!-~]{1,128}$/);
        assert.ok(Number.isSafeInteger(sequence));
      }
    }),
  );
});

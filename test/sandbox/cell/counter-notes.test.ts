// What a cell tells of its counters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellCounters } from "../../../src/sandbox/cell/cell-counters.ts";
import { decodeNotes, encodeNotes } from "../../../src/sandbox/cell/counter-notes.ts";
import { COUNTERS_MAX } from "../../../src/state/counters.ts";
import { fc } from "../../support/property.ts";

function add(counters: CellCounters, name: string, by: bigint): void {
  Atomics.add(new BigInt64Array(counters.buffer), counters.hold(name, 100), by);
}

test("each change is told once, as what came on top", () => {
  const counters = new CellCounters([{ name: "old", value: "40" }]);
  assert.equal(counters.takeNotes().length, 0, "what the host said is nothing new to it");
  add(counters, "old", 2n);
  add(counters, "new", 1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [
    { name: "old", by: 2n },
    { name: "new", by: 1n },
  ]);
  assert.equal(counters.takeNotes().length, 0);
  add(counters, "old", -1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "old", by: -1n }]);
});

test("a counter that was only made is told of too", () => {
  const counters = new CellCounters([]);
  counters.hold("made", 100);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "made", by: 0n }]);
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
    { name: "old", by: 1n },
    { name: "new", by: 0n },
  ]);
});

test("what the host adds is not taken back, and is nothing new to it", () => {
  const counters = new CellCounters([{ name: "old", value: "40" }]);
  counters.add("old", 60n);
  counters.takeBack();
  assert.equal(counters.takeNotes().length, 0);
  add(counters, "old", 1n);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "old", by: 1n }]);
});

test("a tenant has at most as many counters as its limit says", () => {
  const counters = new CellCounters([]);
  assert.deepEqual([counters.hold("one", 2), counters.hold("two", 2)], [0, 1]);
  assert.ok(counters.hold("three", 2) < 0);
  assert.equal(counters.hold("one", 2), 0, "those that are there stay");
});

test("a name that counts nothing and that no isolate holds makes room for another one", () => {
  const counters = new CellCounters([{ name: "counts", value: "1" }]);
  const refused = [counters.hold("refused", 2)];
  assert.ok(counters.hold("next", 2) < 0, "an isolate has it");
  counters.takeNotes();
  counters.release(refused);
  const slot = counters.hold("next", 2);
  assert.equal(slot, refused[0]);
  assert.deepEqual(decodeNotes(counters.takeNotes()), [{ name: "next", by: 0n }]);
  add(counters, "next", 3n);
  counters.release([slot, slot]);
  assert.ok(counters.hold("third", 2) < 0, "it counts something");
});

test("bytes that no cell of ours wrote are no notes", () => {
  const sound = encodeNotes([{ name: "hits", by: 7n }]);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (place, value, end) => {
      const bytes = Buffer.from(sound);
      bytes[place % bytes.length] = value;
      const notes = decodeNotes(bytes.subarray(0, end % (bytes.length + 1)));
      for (const { name } of notes ?? []) assert.match(name, /^[!-~]{1,128}$/);
    }),
  );
});

test("more notes than a tenant may have counters are none", () => {
  const notes = Array.from({ length: COUNTERS_MAX + 1 }, (_, i) => ({ name: `n${i}`, by: 1n }));
  assert.equal(decodeNotes(encodeNotes(notes)), null);
  assert.equal(decodeNotes(encodeNotes(notes.slice(1)))?.length, COUNTERS_MAX);
});

// Counters that a cell counts, as the host keeps them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellCounts } from "../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { CounterTable } from "../../src/state/counters.ts";

function stand() {
  const buffers = createCounterBuffers();
  const table = new CounterTable(buffers);
  const value = (): bigint => table.list().find(({ name }) => name === "n")?.value ?? -1n;
  return { counts: new CellCounts(buffers), other: new CellCounts(buffers), table, value };
}

const note = (by: bigint) => ({ name: "n", by });

test("what came on top is added, whichever worker brings it, in whatever order", () => {
  const { counts, other, value } = stand();
  counts.apply("t", note(2n), 100);
  other.apply("t", note(-1n), 100);
  assert.equal(value(), 1n);
  other.apply("t", note(3n), 100);
  counts.apply("t", note(0n), 100);
  assert.equal(value(), 4n);
});

test("a new cell goes on from the value", () => {
  const { counts, value } = stand();
  counts.apply("t", note(5n), 100);
  assert.deepEqual(counts.begin("t"), [{ tenant: "t", name: "n", value: 5n }]);
  counts.apply("t", note(1n), 100);
  assert.equal(value(), 6n);
});

test("what others add meanwhile is not lost", () => {
  const { counts, table, value } = stand();
  counts.apply("t", note(5n), 100);
  table.add({ tenant: "t", name: "n", value: 100n });
  counts.apply("t", note(2n), 100);
  assert.equal(value(), 107n);
});

test("what an operator sets, the cell is to add; what comes of it meanwhile comes on top", () => {
  const { counts, value } = stand();
  counts.apply("t", note(5n), 100);
  assert.equal(counts.shift({ tenant: "t", name: "n", value: 100n }), 95n);
  counts.apply("t", note(2n), 100);
  assert.equal(value(), 102n);
});

test("counters of the same name of two tenants are two", () => {
  const { counts, table } = stand();
  counts.apply("one", note(1n), 100);
  counts.apply("two", note(2n), 100);
  assert.deepEqual(
    table.list().map(({ tenant, value }) => [tenant, value]),
    [
      ["one", 1n],
      ["two", 2n],
    ],
  );
});

test("a counter that is set while no cell has the tenant is what the next one starts from", () => {
  const { counts, value } = stand();
  counts.apply("t", note(5n), 100);
  counts.set({ tenant: "t", name: "n", value: 2n });
  assert.equal(value(), 2n);
  assert.deepEqual(counts.begin("t"), [{ tenant: "t", name: "n", value: 2n }]);
  counts.apply("t", note(1n), 100);
  assert.equal(value(), 3n);
});

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

const note = (value: bigint, sequence: number) => ({ name: "n", value, sequence });

test("the highest sequence number wins, whichever worker brings it, in whatever order", () => {
  const { counts, other, value } = stand();
  counts.apply("t", note(2n, 2), 100);
  other.apply("t", note(1n, 1), 100);
  assert.equal(value(), 2n);
  other.apply("t", note(3n, 3), 100);
  counts.apply("t", note(2n, 2), 100);
  assert.equal(value(), 3n);
});

test("a new cell goes on from the value, and begins its sequence anew", () => {
  const { counts, value } = stand();
  counts.apply("t", note(5n, 9), 100);
  assert.deepEqual(counts.begin("t"), [{ tenant: "t", name: "n", value: 5n }]);
  counts.apply("t", note(6n, 1), 100);
  assert.equal(value(), 6n);
});

test("what others add meanwhile is not lost", () => {
  const { counts, table, value } = stand();
  counts.apply("t", note(5n, 1), 100);
  table.add({ tenant: "t", name: "n", value: 100n });
  counts.apply("t", note(7n, 2), 100);
  assert.equal(value(), 107n);
});

test("counters of the same name of two tenants are two", () => {
  const { counts, table } = stand();
  counts.apply("one", note(1n, 1), 100);
  counts.apply("two", note(2n, 1), 100);
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
  counts.apply("t", note(5n, 9), 100);
  counts.set({ tenant: "t", name: "n", value: 2n });
  assert.equal(value(), 2n);
  assert.deepEqual(counts.begin("t"), [{ tenant: "t", name: "n", value: 2n }]);
  counts.apply("t", note(3n, 1), 100);
  assert.equal(value(), 3n);
});

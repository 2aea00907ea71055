// What a cell tells of its tenant's limits, in the host's table, where no isolate holds them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitMerge } from "../../src/state/limit-merge.ts";
import { LimitTable } from "../../src/state/limit-table.ts";
import { ALGORITHM } from "../../src/wire/limits/algorithms.ts";

const rule = { algorithm: ALGORITHM.fixedWindow, limit: 10, windowMs: 60_000, burst: 10 };

test("limits that are in use take the places of those that are no more, not of one another", () => {
  const table = LimitTable.make();
  const merge = new LimitMerge(table, 4);
  const told = (...names: readonly string[]): void => {
    const known = { rule, allowed: 1, refused: 0, slots: [], holds: [] };
    for (const name of names) merge.take({ evicted: 0, groups: [{ ...known, name }] });
  };
  const listed = () =>
    Object.fromEntries(table.totals().map(({ name, allowed }) => [name, Number(allowed)]));
  told("a", "b", "c", "d");
  told("c", "d", "e", "f");
  assert.deepEqual(listed(), { c: 2, d: 2, e: 1, f: 1 });
  for (let i = 0; i < 3; i++) told("c", "d", "e", "f");
  assert.deepEqual(listed(), { c: 5, d: 5, e: 4, f: 4 });
});

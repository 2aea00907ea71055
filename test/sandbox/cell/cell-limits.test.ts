// What a cell tells of a tenant's limits. Their numbers are few, and are given to others when no
// isolate has them any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellLimits, NO_LIMITS } from "../../../src/sandbox/cell/cell-limits.ts";
import { decodeLimitNews } from "../../../src/state/limit-notes.ts";
import { ALGORITHM } from "../../../src/wire/limits/algorithms.ts";

const rule = { algorithm: ALGORITHM.inFlight, limit: 10, windowMs: 1, burst: 10 };

/** Names, and what each has allowed since the host was told. */
function told(limits: CellLimits): [name: string, allowed: number][] {
  const news = decodeLimitNews(limits.takeNotes());
  assert.ok(news !== null, "the host would take the cell for a hostile one");
  return news.groups.map(({ name, allowed }) => [name, allowed]);
}

test("a limit that has the number of one that is no more is told of at once, and counts from 0", () => {
  const limits = new CellLimits(NO_LIMITS);
  const source = limits.source(1);
  const enter = (id: number): void => {
    assert.equal(source.enter({ id, low: 1, high: 2 }, rule.limit)?.release(), true);
  };
  const first = source.hold("first", rule);
  assert.deepEqual(told(limits), [["first", 0]]);
  for (let i = 0; i < 5; i++) enter(first);
  assert.deepEqual(told(limits), [["first", 5]]);
  source.release([first]);
  const second = source.hold("second", rule);
  assert.equal(second, first);
  assert.deepEqual(told(limits), [["second", 0]]);
  for (let i = 0; i < 7; i++) enter(second);
  assert.deepEqual(told(limits), [["second", 7]]);
});

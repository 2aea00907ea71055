// What tables of rate limits tell each other: it comes over whole, and bytes that nobody honest
// wrote are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { machineTime } from "../../src/base/clock.ts";
import { LimitMerge } from "../../src/state/limit-merge.ts";
import { decodeLimitNews, encodeLimitNews, type LimitNews } from "../../src/state/limit-notes.ts";
import { LimitTable } from "../../src/state/limit-table.ts";
import { LimitTables } from "../../src/state/limit-tables.ts";
import { ALGORITHM, newDecision } from "../../src/wire/limits/algorithms.ts";
import { seedOf, takeFrom } from "../../src/wire/limits/take.ts";
import { fc } from "../support/property.ts";

/** Those that count by time. */
const TIMED = Object.values(ALGORITHM).filter((algorithm) => algorithm !== ALGORITHM.inFlight);

function take(table: LimitTable, algorithm: number, keys: readonly string[]): boolean[] {
  const rule = { algorithm, limit: 2, windowMs: 600_000, burst: 2 };
  const name = { id: table.idOf(`n${algorithm}`, rule, 8), seed: { low: 0, high: 0 } };
  name.seed = seedOf(table.memory, `n${algorithm}`, rule);
  const decision = newDecision(table.memory, rule);
  const { ms, parts } = machineTime();
  return keys.map((key) => {
    Object.assign(decision, { nowMs: ms, nowParts: parts });
    takeFrom(name, key, decision);
    return decision.isAllowed;
  });
}

const asTold = (news: LimitNews): LimitNews => {
  const decoded = decodeLimitNews(encodeLimitNews(news));
  assert.ok(decoded !== null);
  return decoded;
};

test("another table of the same key goes on from what it is told, however often", () => {
  for (const algorithm of TIMED) {
    const one = LimitTable.make();
    take(one, algorithm, ["a", "a", "b"]);
    const other = LimitTable.make(one.key);
    const merge = new LimitMerge(other, 8);
    for (let i = 0; i < 3; i++) merge.take(asTold(one.news()));
    assert.deepEqual(take(other, algorithm, ["a", "b", "b", "c"]), [false, true, false, true]);
  }
});

test("of two that are told, the later state stays, in whatever order they come", () => {
  for (const algorithm of TIMED) {
    const one = LimitTable.make();
    take(one, algorithm, ["a"]);
    const before = asTold(one.news());
    take(one, algorithm, ["a"]);
    const after = asTold(one.news());
    const other = LimitTable.make(one.key);
    const merge = new LimitMerge(other, 8);
    for (const news of [after, before]) merge.take(news);
    assert.deepEqual(take(other, algorithm, ["a"]), [false]);
  }
});

test("a successor's tables hash as its predecessor's did", () => {
  const before = new LimitTables();
  take(before.of("t"), ALGORITHM.fixedWindow, ["a", "a"]);
  const after = new LimitTables();
  after.takeOver(before.news());
  assert.deepEqual(after.keyOf("t"), before.keyOf("t"));
  assert.deepEqual(take(after.of("t"), ALGORITHM.fixedWindow, ["a"]), [false]);
});

test("whatever bytes come, they are news or they are none, and a table takes them", () => {
  const table = LimitTable.make();
  const merge = new LimitMerge(table, 4);
  const honest = LimitTable.make();
  for (const algorithm of TIMED) take(honest, algorithm, ["a", "b"]);
  const rule = { algorithm: ALGORITHM.inFlight, limit: 2, windowMs: 1, burst: 2 };
  const id = honest.hold("held", rule, 8);
  honest.enter({ id, low: 1, high: 2 }, 2, 1);
  const real = encodeLimitNews(honest.news());
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
      const changed = Buffer.from(real);
      for (const [at, value] of changes) changed[at] = value;
      return changed;
    }),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      const news = decodeLimitNews(Buffer.from(some));
      for (const hold of news === null ? [] : merge.takeFromCell(news, 1)) hold.release();
      if (news !== null) merge.takeHolds(news);
      for (const algorithm of TIMED) take(table, algorithm, ["a"]);
    }),
    { numRuns: 300 },
  );
});

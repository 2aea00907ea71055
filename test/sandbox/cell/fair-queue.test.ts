// Who is next where tenants share a cell, on a clock that the test turns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FairQueue } from "../../../src/sandbox/cell/fair-queue.ts";
import { fc } from "../../support/property.ts";

test("an idle tenant's turn comes before all further ones of a busy tenant", () => {
  const turns = new FairQueue<string>();
  for (const work of ["busy 1", "busy 2", "busy 3"]) turns.add("busy", work, 0);
  assert.equal(turns.next(0), "busy 1");
  turns.charge("busy", 5, 5);
  turns.add("quiet", "quiet 1", 5);
  assert.equal(turns.next(5), "quiet 1");
  turns.charge("quiet", 0.1, 5.1);
  turns.add("quiet", "quiet 2", 5.2);
  assert.equal(turns.next(5.2), "quiet 2");
  turns.charge("quiet", 0.1, 5.3);
  assert.equal(turns.next(5.3), "busy 2");
});

test("nobody saves up while idle", () => {
  const turns = new FairQueue<string>();
  turns.add("early", "x", 0);
  turns.next(0);
  turns.charge("early", 1, 1);
  for (let i = 0; i < 100; i++) {
    turns.add("late", "x", i);
    turns.next(i);
    turns.charge("late", 4, i);
  }
  for (const tenant of ["early", "late"])
    for (let i = 0; i < 9; i++) turns.add(tenant, tenant, 100);
  const order = Array.from({ length: 6 }, () => {
    const tenant = turns.next(200) ?? "";
    turns.charge(tenant, 4, 200);
    return tenant;
  });
  // one more than the other at most, and the one that was behind begins
  assert.equal(order[0], "early");
  assert.ok(order.filter((tenant) => tenant === "early").length <= 4, order.join());
});

test("who has taken longer than a turn may, among others, pauses for as long", () => {
  const turns = new FairQueue<string>();
  turns.add("quiet", "quiet", 0);
  turns.next(0);
  turns.charge("quiet", 0.1, 1);
  turns.add("busy", "busy 1", 1);
  turns.next(1);
  turns.charge("busy", 45, 46);
  turns.add("busy", "busy 2", 46);
  assert.equal(turns.next(46), null);
  assert.equal(turns.isEmpty, false);
  assert.equal(turns.readyMs(), 86);
  assert.equal(turns.next(86), "busy 2");
});

test("who is alone does not pause", () => {
  const turns = new FairQueue<string>();
  turns.add("quiet", "quiet", 0);
  turns.next(0);
  turns.charge("quiet", 0.1, 0);
  turns.add("busy", "busy 1", 1_100);
  turns.next(1_100);
  turns.charge("busy", 45, 1_145);
  turns.add("busy", "busy 2", 1_145);
  assert.equal(turns.next(1_145), "busy 2");
});

test("what waits of a tenant, or of a lane, goes with it", () => {
  const turns = new FairQueue<string>();
  for (const work of ["a1", "a2"]) turns.add("a", work, 0);
  turns.add("b", "b1", 0);
  turns.drop((work) => work === "a1");
  turns.forget("b");
  assert.equal(turns.next(0), "a2");
  assert.equal(turns.next(0), null);
  assert.equal(turns.isEmpty, true);
});

test("those that always have work get equal shares, whatever their turns take", () => {
  const cost = fc.double({ min: 0.01, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.array(cost, { minLength: 2, maxLength: 12 }), (costs) => {
      const turns = new FairQueue<number>();
      const used = costs.map(() => 0);
      for (const index of costs.keys()) turns.add(`${index}`, index, 0);
      // time enough for any pause: the order alone is looked at
      for (let step = 1; step <= 2_000; step++) {
        const index = turns.next(step * 1_000) ?? 0;
        const usedMs = costs[index] ?? 0;
        used[index] = (used[index] ?? 0) + usedMs;
        turns.charge(`${index}`, usedMs, step * 1_000);
        turns.add(`${index}`, index, step * 1_000);
      }
      // never further apart than the longest turn
      assert.ok(Math.max(...used) - Math.min(...used) <= Math.max(...costs) + 1e-6);
    }),
    { numRuns: 50 },
  );
});

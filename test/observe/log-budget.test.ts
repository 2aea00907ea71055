// How much a tenant's scripts may write into the log over time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { LogBudget, LogBudgets } from "../../src/observe/log-budget.ts";
import { fc } from "../support/property.ts";

const PER_SECOND = 100_000;
const BURST = (PER_SECOND * LIMITS.logBurstMs) / 1_000;

describe("a tenant's log budget", () => {
  it("never lets more through than its burst and what time has brought", () => {
    const lines = fc.array(fc.tuple(fc.nat(50_000), fc.nat(400)), { maxLength: 300 });
    fc.assert(
      fc.property(lines, (writes) => {
        const budget = new LogBudget();
        budget.allow(PER_SECOND, 0);
        let nowMs = 0;
        let written = 0;
        for (const [chars, afterMs] of writes) {
          nowMs += afterMs;
          if (budget.take(chars, nowMs)) written += chars;
          assert.ok(written <= BURST + (nowMs * PER_SECOND) / 1_000);
        }
      }),
    );
  });

  it("is full again once the tenant has been quiet", () => {
    const budget = new LogBudget();
    budget.allow(PER_SECOND, 0);
    while (budget.take(10_000, 0));
    assert.equal(budget.take(BURST / 2, 1), false);
    assert.equal(budget.take(BURST / 2, LIMITS.logBurstMs), true);
  });

  it("says how many lines were dropped, at once and then now and then", () => {
    const budget = new LogBudget();
    budget.allow(PER_SECOND, 0);
    assert.equal(budget.toTell(0), 0);
    for (let i = 0; i < 3; i++) assert.equal(budget.take(2 * BURST, i), false);
    assert.equal(budget.toTell(3), 3);
    assert.equal(budget.take(2 * BURST, 4), false);
    assert.equal(budget.toTell(5), 0);
    assert.equal(budget.toTell(3 + LIMITS.logDroppedMs), 1);
  });

  it("is the tenant's, whichever version of its script writes", () => {
    const budgets = new LogBudgets();
    budgets.of("shop").allow(PER_SECOND, 0);
    while (budgets.of("shop").take(10_000, 0));
    budgets.of("shop").allow(PER_SECOND, 1);
    assert.equal(budgets.of("shop").take(10_000, 1), false);
    budgets.of("other").allow(PER_SECOND, 1);
    assert.equal(budgets.of("other").take(10_000, 1), true);
  });
});

// The deadline sweeper, driven by a clock of the test's own.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DeadlineItem, Deadlines } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";

class Item implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  calls = 0;
  onDeadline(): void {
    this.calls += 1;
  }
}

const setUp = () => {
  const clock = { ms: 1_000 };
  const deadlines = new Deadlines(() => clock.ms);
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= LIMITS.deadlineSweepMs) {
      clock.ms += Math.min(left, LIMITS.deadlineSweepMs);
      deadlines.sweep();
    }
  };
  return { clock, deadlines, pass, [Symbol.dispose]: () => deadlines[Symbol.dispose]() };
};

describe("Deadlines", () => {
  it("calls an item once, at the first sweep after its deadline, and not before", () => {
    using t = setUp();
    const item = new Item();
    t.deadlines.add(item);
    item.deadlineMs = t.deadlines.nowMs + 100;
    t.pass(99);
    assert.equal(item.calls, 0);
    t.pass(1);
    assert.equal(item.calls, 1);
    assert.equal(item.deadlineMs, 0);
    t.pass(1_000);
    assert.equal(item.calls, 1);
  });

  it("follows a deadline that is moved or taken back by a property write", () => {
    using t = setUp();
    const moved = new Item();
    const takenBack = new Item();
    t.deadlines.add(moved);
    t.deadlines.add(takenBack);
    moved.deadlineMs = t.deadlines.nowMs + 100;
    takenBack.deadlineMs = t.deadlines.nowMs + 100;
    t.pass(50);
    moved.deadlineMs = t.deadlines.nowMs + 500;
    takenBack.deadlineMs = 0;
    t.pass(450);
    assert.deepEqual([moved.calls, takenBack.calls], [0, 0]);
    t.pass(50);
    assert.deepEqual([moved.calls, takenBack.calls], [1, 0]);
  });

  it("does not charge a client for the time in which the event loop was blocked", () => {
    using t = setUp();
    const item = new Item();
    t.deadlines.add(item);
    item.deadlineMs = t.deadlines.nowMs + 1_000;
    t.clock.ms += 60_000;
    t.deadlines.sweep();
    assert.equal(item.calls, 0);
    t.pass(1_000 - LIMITS.deadlineStepMs);
    assert.equal(item.calls, 1);
  });

  it("forgets a removed item, even one removed by another item in the same sweep", () => {
    using t = setUp();
    const second = new Item();
    const first = {
      deadlineMs: 0,
      deadlinePlace: -1,
      onDeadline: () => t.deadlines.remove(second),
    };
    t.deadlines.add(first);
    t.deadlines.add(second);
    first.deadlineMs = second.deadlineMs = t.deadlines.nowMs + 10;
    t.pass(50);
    assert.equal(second.calls, 0);
    assert.equal(t.deadlines.size, 1);
  });

  it("has each item once, however often it comes and goes, in no more places than at once", () => {
    using t = setUp();
    const items = Array.from({ length: 100 }, () => new Item());
    for (let round = 0; round < 50; round++) {
      for (const item of items) t.deadlines.add(item);
      for (const item of items) t.deadlines.add(item);
      assert.equal(t.deadlines.size, 100);
      for (const item of items.slice(round)) t.deadlines.remove(item);
      for (const item of items.slice(round)) t.deadlines.remove(item);
      assert.equal(t.deadlines.size, round);
    }
    for (const item of items) t.deadlines.add(item);
    assert.ok(items.every(({ deadlinePlace }) => deadlinePlace >= 0 && deadlinePlace < 100));
    for (const item of items) item.deadlineMs = t.deadlines.nowMs;
    t.pass(LIMITS.deadlineSweepMs);
    assert.ok(items.every(({ calls }) => calls === 1));
  });

  it("goes on to the other items at the next sweep when one of them throws", () => {
    using t = setUp();
    const broken = {
      deadlineMs: t.deadlines.nowMs,
      deadlinePlace: -1,
      onDeadline: () => {
        throw new Error("defect");
      },
    };
    const item = new Item();
    t.deadlines.add(broken);
    t.deadlines.add(item);
    item.deadlineMs = t.deadlines.nowMs;
    assert.throws(() => t.deadlines.sweep(), /defect/);
    t.deadlines.sweep();
    assert.equal(item.calls, 1);
  });

  it("sweeps by itself", async () => {
    using deadlines = new Deadlines();
    // The sweeper's own timer does not keep a process alive; this one does, for the test's sake.
    const alive = setInterval(() => {}, 1_000);
    await new Promise<void>((resolve) => {
      const deadlineMs = deadlines.nowMs + 1;
      deadlines.add({ deadlineMs, deadlinePlace: -1, onDeadline: resolve });
    });
    clearInterval(alive);
    assert.ok(deadlines.nowMs > 1);
  });
});

// How calls of a lane are gathered into turns, pass by pass of the event loop, on a clock that the
// test sets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as pass } from "node:timers/promises";
import { TurnGathering } from "../../../src/sandbox/cell/turn-gathering.ts";

/** A lane with calls that become ready when the test says so, on a clock that stands still. */
class Lane {
  waiting = 0;
  nowMs = 0;
  /** How many calls each turn took. */
  readonly turns: number[] = [];
  readonly gathering = new TurnGathering({
    waiting: () => this.waiting,
    begin: () => {
      this.turns.push(this.waiting);
      this.waiting = 0;
    },
    nowMs: () => this.nowMs,
  });

  submit(calls: number): void {
    this.waiting += calls;
    this.gathering.schedule();
  }
}

test("a call that is alone goes in the pass in which it came", async () => {
  const lane = new Lane();
  lane.submit(1);
  await pass();
  assert.deepEqual(lane.turns, [1]);
});

test("calls that are not alone wait for those of the next pass", async () => {
  const lane = new Lane();
  lane.submit(5);
  await pass();
  assert.deepEqual(lane.turns, []);
  lane.submit(4);
  await pass();
  await pass();
  assert.deepEqual(lane.turns, [9]);
});

test("a pass that brings nothing is the last", async () => {
  const lane = new Lane();
  lane.submit(2);
  await pass();
  await pass();
  assert.deepEqual(lane.turns, [2]);
});

test("a steady trickle of calls does not hold up the first of them", async () => {
  const lane = new Lane();
  let passes = 0;
  for (; lane.turns.length === 0 && passes < 100; passes++) {
    lane.submit(2);
    await pass();
  }
  assert.ok(passes <= 6, `the first went after ${passes} passes`);
});

test("where a pass takes over a millisecond, there is one and no more", async () => {
  const lane = new Lane();
  lane.submit(2);
  await pass();
  lane.nowMs += 2;
  lane.submit(2);
  await pass();
  assert.deepEqual(lane.turns, [4]);
});

test("a frame that is full goes at once", async () => {
  const lane = new Lane();
  lane.submit(128);
  await pass();
  assert.deepEqual(lane.turns, [128]);
});

test("a second turn gathers anew", async () => {
  const lane = new Lane();
  lane.submit(1);
  await pass();
  lane.submit(3);
  await pass();
  lane.submit(1);
  await pass();
  await pass();
  assert.deepEqual(lane.turns, [1, 4]);
});

// Who begins at once, who waits, and in which order those that wait have their turns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextPass } from "node:timers/promises";
import { LIMITS } from "../../src/base/limits.ts";
import { BeginQueue, Turn } from "../../src/downstream/begin-queue.ts";

const MANY: number = LIMITS.requestsUnqueued;
const TURNS = LIMITS.beginsInPass;

/** A queue, and the names of those that had their turns. */
function crowded() {
  const counts: { underWay: number } = { underWay: MANY };
  const queue = new BeginQueue(() => counts.underWay);
  const had: number[] = [];
  const wait = (name: number, isGone = false) =>
    queue.wait({ takeTurn: () => !isGone && had.push(name) > 0 });
  return { counts, queue, had, wait };
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

test("with few under way all begin at once", () => {
  const { counts, queue } = crowded();
  counts.underWay = MANY - 1;
  assert.equal(queue.isOpen, true);
  assert.equal(queue.waitMs, 0);
});

test("with many under way so many begin in each pass of the loop, in the order they came", async () => {
  const { queue, had, wait } = crowded();
  assert.equal(queue.isOpen, false);
  for (const name of upTo(TURNS * 2 + 1)) wait(name);
  assert.deepEqual(had, []);
  for (const end of [TURNS, TURNS * 2, TURNS * 2 + 1]) {
    await nextPass();
    assert.deepEqual(had, upTo(end));
  }
});

test("nobody overtakes those that wait, also when few are under way again", async () => {
  const { counts, queue, had, wait } = crowded();
  for (const name of upTo(TURNS + 1)) wait(name);
  counts.underWay = 0;
  assert.equal(queue.isOpen, false);
  await nextPass();
  assert.equal(queue.isOpen, false);
  wait(TURNS + 1);
  await nextPass();
  assert.deepEqual(had, upTo(TURNS + 2));
  assert.equal(queue.isOpen, true);
});

test("who is gone takes nobody's turn", async () => {
  const { had, wait } = crowded();
  for (const name of upTo(TURNS * 2)) wait(name, name % 2 === 0);
  await nextPass();
  assert.deepEqual(
    had,
    upTo(TURNS * 2).filter((name) => name % 2 === 1),
  );
});

test("who comes back from within a turn waits for the next pass", async () => {
  const { queue, had } = crowded();
  let turns = 0;
  const again = {
    takeTurn(): boolean {
      had.push(++turns);
      if (turns < 3) queue.wait(again);
      return true;
    },
  };
  queue.wait(again);
  await nextPass();
  assert.deepEqual(had, [1]);
  await nextPass();
  await nextPass();
  assert.deepEqual(had, [1, 2, 3]);
  assert.equal(queue.isOpen, false);
});

test("the one that came first says how long the wait is", async () => {
  const { queue, wait } = crowded();
  for (const name of upTo(TURNS + 1)) wait(name);
  const before = queue.waitMs;
  await nextPass();
  assert.ok(queue.waitMs > before, "it is still the same pass that they came in");
  await nextPass();
  assert.equal(queue.waitMs, 0);
});

test("thousands that come and go leave nothing behind", async () => {
  const { queue, had, wait } = crowded();
  for (const name of upTo(TURNS * 40)) wait(name);
  for (const name of upTo(TURNS * 40)) {
    if (name % TURNS === 0) await nextPass();
    wait(TURNS * 40 + name);
  }
  while (had.length < TURNS * 80) await nextPass();
  assert.deepEqual(had, upTo(TURNS * 80));
  assert.equal(queue.waitMs, 0);
});

test("a turn is taken once, and one that is given up never comes", async () => {
  const { counts, queue } = crowded();
  const told: string[] = [];
  const [kept, lost] = [new Turn(() => told.push("kept")), new Turn(() => told.push("lost"))];
  assert.equal(kept.take(queue), false);
  assert.equal(lost.take(queue), false);
  assert.equal(kept.isAwaited, true);
  lost.giveUp();
  await nextPass();
  assert.deepEqual(told, ["kept"]);
  assert.equal(kept.isAwaited, false);
  assert.equal(kept.take(queue), true);
  assert.equal(kept.take(queue), false, "the next request has a turn of its own");
  counts.underWay = 0;
  await nextPass();
  assert.equal(kept.take(queue), true);
});

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
  const wait = (name: number) => queue.wait(() => void had.push(name));
  return { counts, queue, had, wait };
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

test("with few under way all begin at once", () => {
  const { counts, queue } = crowded();
  counts.underWay = MANY - 1;
  assert.equal(queue.entry(), "begins");
  assert.equal(queue.waitMs, 0);
});

test("with many under way so many begin in each pass of the loop, in the order they came", async () => {
  const { queue, had, wait } = crowded();
  assert.equal(queue.entry(), "waits");
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
  assert.equal(queue.entry(), "waits");
  await nextPass();
  assert.equal(queue.entry(), "waits");
  wait(TURNS + 1);
  await nextPass();
  assert.deepEqual(had, upTo(TURNS + 2));
  assert.equal(queue.entry(), "begins");
});

test("who leaves takes nobody's turn, and is not begun", async () => {
  const { had, wait } = crowded();
  const isOdd = (name: number): boolean => name % 2 === 1;
  for (const name of upTo(TURNS * 2)) {
    const place = wait(name);
    if (!isOdd(name)) place.leave();
  }
  await nextPass();
  assert.deepEqual(had, upTo(TURNS * 2).filter(isOdd));
});

test("those that leave are never the most of what is kept, wherever they stand", () => {
  const { queue, wait } = crowded();
  const stay = 10;
  for (const name of upTo(stay)) wait(name);
  for (let round = 0; round < 1_000; round++) {
    const places = upTo(7).map(wait);
    for (const place of round % 2 === 0 ? places : places.toReversed()) place.leave();
    assert.ok(queue.length <= 2 * stay + places.length, `${queue.length} places`);
  }
});

test("who leaves within the pass in which it is called is not begun, and counts for nothing", async () => {
  const { queue, had, wait } = crowded();
  const places = [queue.wait(() => places[1]?.leave()), wait(1), wait(2)];
  await nextPass();
  assert.deepEqual(had, [2]);
  assert.equal(queue.length, 0);
  assert.equal(queue.waitMs, 0);
  wait(3);
  assert.equal(queue.length, 1);
  await nextPass();
  assert.deepEqual(had, [2, 3]);
});

test("when all have left nobody waits, and the next comes in its turn", async () => {
  const { counts, queue, had, wait } = crowded();
  for (const place of upTo(3).map(wait)) place.leave();
  assert.equal(queue.length, 0);
  for (const name of upTo(TURNS + 1)) wait(name);
  await nextPass();
  assert.deepEqual(had, upTo(TURNS), "one pass, however often one was planned");
  await nextPass();
  counts.underWay = 0;
  assert.equal(queue.entry(), "begins");
});

test("who comes back from within a turn waits for the next pass", async () => {
  const { queue, had } = crowded();
  let turns = 0;
  const again = (): void => {
    had.push(++turns);
    if (turns < 3) queue.wait(again);
  };
  queue.wait(again);
  await nextPass();
  assert.deepEqual(had, [1]);
  await nextPass();
  await nextPass();
  assert.deepEqual(had, [1, 2, 3]);
  assert.equal(queue.entry(), "waits");
});

test("the one that came first says how long the wait is", async (t) => {
  const clock = { ms: 1_000 };
  t.mock.method(performance, "now", () => clock.ms);
  const { queue, wait } = crowded();
  for (const name of upTo(TURNS + 1)) {
    wait(name);
    clock.ms += 1;
  }
  assert.equal(queue.waitMs, TURNS + 1);
  await nextPass();
  assert.equal(queue.waitMs, 1, "of the one that is left, which came last");
  clock.ms += 10;
  assert.equal(queue.waitMs, 11, "it is still the same pass that they came in");
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
  const kept = new Turn(queue, () => told.push("kept"));
  const lost = new Turn(queue, () => told.push("lost"));
  assert.equal(kept.take(), "waits");
  assert.equal(lost.take(), "waits");
  assert.equal(kept.isAwaited, true);
  lost.giveUp();
  assert.equal(lost.isAwaited, false);
  await nextPass();
  assert.deepEqual(told, ["kept"]);
  assert.equal(kept.isAwaited, false);
  assert.equal(kept.take(), "begins");
  assert.equal(kept.take(), "waits", "the next request has a turn of its own");
  counts.underWay = 0;
  await nextPass();
  assert.equal(kept.take(), "begins");
});

test("what is shed is shed when it comes, and what waits is not asked about again", async () => {
  const shedding = { all: false };
  const asked: boolean[] = [];
  const queue = new BeginQueue(
    () => MANY,
    () => {
      asked.push(shedding.all);
      return shedding.all;
    },
  );
  const told: string[] = [];
  const turn = new Turn(queue, () => told.push("had"));
  assert.equal(turn.take(), "waits");
  shedding.all = true;
  assert.equal(new Turn(queue, () => told.push("never")).take(), "shed");
  await nextPass();
  assert.equal(turn.take(), "begins");
  assert.deepEqual(told, ["had"]);
  assert.deepEqual(asked, [false, true]);
});

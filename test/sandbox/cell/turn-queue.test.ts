// Turns of a cell: at once for one tenant, in pieces and in turn for several.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextPass } from "node:timers/promises";
import { TurnQueue, type Work } from "../../../src/sandbox/cell/turn-queue.ts";

const queueOf = (isShared: boolean, rested = (): void => {}): TurnQueue =>
  new TurnQueue({ isShared: () => isShared, rested, processorMs: () => performance.now() });

/** A turn of so many crossings, each of which takes longer than a piece may. */
function slow(tenant: string, crossings: number, seen: string[], lane = 1): Work {
  let left = crossings;
  const step = (pausedMs: number): boolean => {
    seen.push(pausedMs > 0 ? `${tenant} again` : tenant);
    const startMs = performance.now();
    while (performance.now() - startMs < 6);
    return --left > 0;
  };
  return { tenant, worker: 1, lane, step };
}

test("the turn of a tenant that is alone is over when it has been taken", () => {
  const seen: string[] = [];
  const queue = queueOf(false, () => void seen.push("rested"));
  queue.take(slow("a", 3, seen));
  assert.deepEqual(seen, ["a", "a", "a", "rested"]);
});

test("a long turn lets those in that came meanwhile", async () => {
  const seen: string[] = [];
  const queue = queueOf(true);
  queue.take(slow("long", 3, seen));
  assert.deepEqual(seen, []);
  while (seen.length < 1) await nextPass();
  queue.take(slow("short", 1, seen));
  while (seen.length < 4) await nextPass();
  assert.deepEqual(seen, ["long", "short", "long again", "long again"]);
});

test("what waits for a lane goes with the lane", async () => {
  const seen: string[] = [];
  const queue = queueOf(true);
  queue.take(slow("a", 9, seen, 1));
  queue.take(slow("b", 1, seen, 2));
  while (!seen.includes("b")) await nextPass();
  const before = seen.length;
  queue.drop(1, 1);
  queue.take(slow("c", 1, seen, 3));
  while (!seen.includes("c")) await nextPass();
  assert.deepEqual(seen.slice(before), ["c"]);
});

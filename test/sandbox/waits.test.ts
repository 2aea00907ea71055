// Who may wait for the same time as others, and how one timer tells who has.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { monotonicMs } from "../../src/base/clock.ts";
import { Held } from "../../src/sandbox/held.ts";
import { Waits } from "../../src/sandbox/waits.ts";

const nextMs = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await nextMs();
}

test("those who wait are overdue in their order, none before its time, and none that has left", async () => {
  const overdue: number[] = [];
  const early: number[] = [];
  const all = Array.from({ length: 6 }, (_, i) => new Held(i + 1));
  const waits = new Waits(2, (callId) => {
    overdue.push(callId);
    if (monotonicMs() < (all[callId - 1]?.dueMs ?? 0)) early.push(callId);
  });
  // nothing is due before this has run
  for (const held of all) waits.add(held);
  for (const left of [all[0], all[3]]) if (left !== undefined) waits.remove(left);
  await until(() => overdue.length === 4);
  assert.deepEqual([overdue, early], [[2, 3, 5, 6], []]);
  assert.deepEqual(new Set(all.map(({ waits }) => waits)), new Set([null]));
});

test("who waits again has all of the time again", async () => {
  const overdue: number[] = [];
  const waits = new Waits(2, (callId) => overdue.push(callId));
  const [first, second] = [new Held(1), new Held(2)];
  waits.add(first);
  waits.add(second);
  waits.add(first);
  await until(() => overdue.length === 2);
  assert.deepEqual(overdue, [2, 1]);
});

test("who waits in one place leaves the other, and a call that waits may overrun another's", async () => {
  const overdue: string[] = [];
  const long = new Waits(60_000, (callId) => overdue.push(`long ${callId}`));
  const short = new Waits(2, (callId) => {
    overdue.push(`short ${callId}`);
    if (callId === 1) short.remove(other);
  });
  const [one, other] = [new Held(1), new Held(2)];
  long.add(one);
  short.add(one);
  short.add(other);
  await until(() => overdue.length > 0);
  long.stop();
  await nextMs();
  assert.deepEqual(overdue, ["short 1"]);
});

test("who is told lets another wait, and those behind are told no later for that", (t) => {
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const timers: { readonly ring: () => void; readonly ms: number }[] = [];
  t.mock.method(globalThis, "setTimeout", (ring: () => void, ms: number) => {
    timers.push({ ring, ms });
    return { ref() {}, unref() {} };
  });
  const overdue: number[] = [];
  const [first, second, third] = [new Held(1), new Held(2), new Held(3)];
  const waits = new Waits(30, (callId) => {
    overdue.push(callId);
    if (callId === 1) waits.add(third);
  });
  waits.add(first);
  nowMs = 20;
  waits.add(second);
  nowMs = 30;
  timers[0]?.ring();
  assert.deepEqual(overdue, [1]);
  assert.equal(timers.at(-1)?.ms, 20);
});

test("one whose end cannot be told holds up none of those behind", async (t) => {
  const overdue: number[] = [];
  const thrown = new Promise((resolve) => {
    t.mock.method(globalThis, "setTimeout", (run: () => void) => {
      setImmediate().then(run).catch(resolve);
      return { ref() {}, unref() {} };
    });
  });
  const waits = new Waits(0, (callId) => {
    overdue.push(callId);
    if (callId === 1) throw new Error("told");
  });
  waits.add(new Held(1));
  waits.add(new Held(2));
  assert.match(`${await thrown}`, /told/);
  for (let passes = 0; passes < 1_000 && overdue.length < 2; passes++) await setImmediate();
  assert.deepEqual(overdue, [1, 2]);
});

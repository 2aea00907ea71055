// Who of those that have something to send may send it: as far as windows and the socket allow, and
// whatever becomes of one stream, all others go on to their end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../support/property.ts";
import { type Plan, TurnsStand } from "./turns-stand.ts";

const WHOLE_MAX = 2_000_000;
const LARGE: Plan = { chunks: [100_000], hasTrailers: false };

test("a stream goes on when a window opens, although the one in front of it was given up", async () => {
  const stand = new TurnsStand([LARGE, LARGE]);
  stand.writeAll();
  await stand.pass(); // the window of the connection is used up, and both wait for it
  stand.widen(1, WHOLE_MAX);
  stand.leave(0);
  stand.widenAll(WHOLE_MAX);
  await stand.pass();
  assert.deepEqual(stand.came(1), [100_000, false]);
  stand.writeAll(); // it was told that there is room
  await stand.pass();
  assert.deepEqual(stand.came(1), [100_000, true]);
});

const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60_000 }));
const plan: fc.Arbitrary<Plan> = fc.record({
  chunks: fc.array(size, { maxLength: 6 }),
  hasTrailers: fc.boolean(),
});
const KINDS = ["write", "write", "write", "pass", "widen", "widenAll", "shut", "open"] as const;
const step = fc.record({
  kind: fc.constantFrom(...KINDS, "leave", "breakOff", "changeInitial"),
  which: fc.nat({ max: 5 }),
  bytes: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 70_000 })),
});
const history = fc.record({
  plans: fc.array(plan, { minLength: 2, maxLength: 6 }),
  steps: fc.array(step, { maxLength: 60 }),
  /** They leave when all have written what they may, just before the windows open. */
  last: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }),
});
type History = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

/** Returns the places of those that were given up by either side. */
async function play(stand: TurnsStand, { plans, steps, last }: History): Promise<Set<number>> {
  const gone = new Set<number>();
  for (const { kind, which, bytes } of steps) {
    const at = which % plans.length;
    if (kind === "write") stand.answers[at]?.goOn();
    else if (kind === "pass") await stand.pass();
    else if (kind === "shut") stand.isShut = true;
    else if (kind === "open") stand.open();
    else if (kind === "widenAll") stand.widenAll(bytes);
    else if (kind === "changeInitial") stand.changeInitial(bytes);
    else if (kind === "widen") stand.widen(at, bytes);
    else {
      gone.add(at);
      if (kind === "leave") stand.leave(at);
      else stand.breakOff(at);
    }
  }
  stand.writeAll();
  for (const which of last) {
    gone.add(which % plans.length);
    stand.leave(which % plans.length);
  }
  return gone;
}

test("whatever becomes of some streams, the others go on to their end", async () => {
  const holds = fc.asyncProperty(history, async (given) => {
    const stand = new TurnsStand(given.plans);
    const gone = await play(stand, given);
    stand.open();
    // all there is, once: nobody may need more to be told again
    for (const at of given.plans.keys()) stand.widen(at, WHOLE_MAX);
    stand.widenAll(WHOLE_MAX);
    for (let passes = 0; passes < 60; passes++) {
      stand.writeAll();
      await stand.pass();
    }
    for (const [at, { wholeBytes }] of stand.answers.entries()) {
      if (!gone.has(at)) assert.deepEqual(stand.came(at), [wholeBytes, true], `answer ${at}`);
    }
  });
  await fc.assert(holds, { numRuns: 200 });
});

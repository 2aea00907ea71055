// The slots of workers in any order of changes, replies, failures and deaths. Whatever comes, a
// worker is asked nothing that it cannot do, nobody serves anything else than what is live, and in
// the end every slot has a worker that does.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { fc } from "../../../support/property.ts";
import { SLOTS, Stand } from "./slot-stand.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

type Step =
  | { readonly type: "change" }
  | { readonly type: "decide"; readonly isWanted: boolean }
  | { readonly type: "reply"; readonly slot: number; readonly isOk: boolean }
  | { readonly type: "fail" | "die"; readonly slot: number }
  | { readonly type: "wait" };

const slot = fc.nat(SLOTS - 1);
const reply = fc.record({
  type: fc.constant("reply" as const),
  slot,
  isOk: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn > 0),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { arbitrary: fc.record({ type: fc.constant("change" as const) }), weight: 2 },
    {
      arbitrary: fc.record({ type: fc.constant("decide" as const), isWanted: fc.boolean() }),
      weight: 2,
    },
    { arbitrary: reply, weight: 8 },
    {
      arbitrary: fc.record({ type: fc.constantFrom("fail" as const, "die" as const), slot }),
      weight: 1,
    },
    { arbitrary: fc.record({ type: fc.constant("wait" as const) }), weight: 1 },
  ),
  { maxLength: 60 },
);

async function take(stand: Stand, step: Step): Promise<void> {
  if (step.type === "change") stand.change();
  else if (step.type === "decide") stand.decide(step.isWanted);
  else if (step.type === "wait") mock.timers.tick(60_000);
  else {
    const thread = stand.slots[step.slot]?.thread ?? null;
    if (step.type === "reply") thread?.reply(step.isOk);
    else if (step.type === "fail") thread?.fail();
    else thread?.die();
  }
  await new Promise(setImmediate);
}

test("no order of prepare, commit, failure and death confuses a slot", async () => {
  const property = fc.asyncProperty(steps, async (drawn) => {
    const stand = new Stand();
    await stand.begin();
    for (const step of drawn) await take(stand, step);
    await stand.settle();
    assert.deepEqual(stand.faults(), []);
    for (const [i, { state, thread }] of stand.slots.entries()) {
      assert.equal(state, "serving");
      assert.equal(thread?.serving, stand.live.number);
      assert.equal(thread.listens, 1);
      const alive = stand.threads[i]?.filter(({ hasEnded }) => !hasEnded);
      assert.deepEqual(alive, [thread], "one thread a slot");
    }
  });
  await fc.assert(property, { numRuns: 400 });
});

/** Replies of one slot's thread, and what follows from them. */
async function replies(stand: Stand, index: number, kinds: readonly boolean[]): Promise<void> {
  for (const isOk of kinds) await take(stand, { type: "reply", slot: index, isOk });
}

test("a replacement whose first prepare fails is tried again, and then listens", async () => {
  const stand = new Stand();
  await stand.begin();
  await take(stand, { type: "die", slot: 1 });
  await replies(stand, 1, [false]);
  assert.equal(stand.slots[1]?.state, "preparing");
  assert.equal(stand.slots[1].thread?.isBusy, false, "after a pause");
  await take(stand, { type: "wait" });
  await replies(stand, 1, [true, true]);
  assert.equal(stand.slots[1].state, "serving");
  assert.equal(stand.slots[1].thread?.listens, 1);
  assert.deepEqual(stand.failures, ["Error: it could not prepare 1"]);
});

test("a change is a reason to try at once again", async () => {
  const stand = new Stand(2);
  await stand.begin();
  await take(stand, { type: "die", slot: 1 });
  await replies(stand, 1, [false]);
  await take(stand, { type: "change" });
  await replies(stand, 0, [true]);
  await take(stand, { type: "decide", isWanted: true });
  assert.equal(stand.slots[1]?.thread?.isBusy, true, "without a pause");
  await stand.settle();
  assert.equal(stand.slots[1].thread?.serving, 2);
});

test("a replacement that is ready between prepare and commit serves the change, and lives", async () => {
  const stand = new Stand();
  await stand.begin();
  await take(stand, { type: "die", slot: 2 });
  await take(stand, { type: "change" });
  await replies(stand, 0, [true]);
  await replies(stand, 1, [true]);
  await replies(stand, 2, [true, true]);
  assert.equal(stand.slots[2]?.state, "serving");
  const { thread } = stand.slots[2];
  assert.equal(thread?.serving, 1);
  await take(stand, { type: "decide", isWanted: true });
  await stand.settle();
  assert.equal(stand.slots[2].thread, thread);
  assert.equal(thread?.serving, 2);
  assert.deepEqual([stand.faults(), stand.failures], [[], []]);
});

test("a change that is given up does not disturb a replacement", async () => {
  const stand = new Stand();
  await stand.begin();
  await take(stand, { type: "die", slot: 0 });
  await take(stand, { type: "change" });
  await replies(stand, 1, [true]);
  await replies(stand, 2, [false]);
  assert.equal(stand.slots[0]?.thread?.isBusy, true);
  await replies(stand, 0, [true, true]);
  assert.equal(stand.slots[0].state, "serving");
  assert.deepEqual([stand.faults(), stand.failures], [[], []]);
});

test("a slot is given up when too many of its threads have ended, or the proxy ends", async () => {
  const stand = new Stand(1, 2);
  await stand.begin();
  await take(stand, { type: "die", slot: 0 });
  assert.equal(stand.slots[0]?.state, "preparing");
  await take(stand, { type: "die", slot: 0 });
  await take(stand, { type: "die", slot: 0 });
  assert.deepEqual([stand.slots[0].state, stand.slots[0].thread], ["given up", null]);

  const ending = new Stand(2);
  await ending.begin();
  await take(ending, { type: "die", slot: 1 });
  for (const one of ending.slots) one.giveUp();
  assert.deepEqual(
    ending.slots.map(({ state }) => state),
    ["serving", "given up"],
  );
  await take(ending, { type: "change" });
  await replies(ending, 0, [true]);
  await take(ending, { type: "decide", isWanted: true });
  await replies(ending, 0, [true]);
  assert.equal(ending.slots[0]?.thread?.serving, 2, "what serves changes until its end");
  await take(ending, { type: "die", slot: 0 });
  assert.deepEqual([ending.slots[0].state, ending.threads[0]?.length], ["given up", 1]);
});

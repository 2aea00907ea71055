// When inline lanes have their turns, with lanes that only note them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TurnRounds } from "../../src/sandbox/turn-rounds.ts";

/** Passes of an event loop that stands still between them. */
function stand() {
  const later: (() => void)[] = [];
  const turns: string[] = [];
  const rounds = new TurnRounds((run) => later.push(run));
  const lane = (name: string, act: () => void = () => {}) => ({
    takeTurn() {
      turns.push(name);
      act();
    },
  });
  return { rounds, turns, lane, pass: () => later.shift()?.() };
}

test("what one lane's turn makes ready for another's crosses in the same pass", () => {
  const { rounds, turns, lane, pass } = stand();
  const tenant = lane("tenant");
  rounds.add(lane("operator", () => rounds.add(tenant)));
  rounds.add(lane("other"));
  assert.deepEqual(turns, []);
  pass();
  assert.deepEqual(turns, ["operator", "other", "tenant"]);
});

test("a lane that always has work gets eight turns in a pass, and others have theirs between", () => {
  const { rounds, turns, lane, pass } = stand();
  const busy = lane("busy", () => rounds.add(busy));
  rounds.add(busy);
  rounds.add(lane("other"));
  pass();
  assert.deepEqual(turns, ["busy", "other", ...Array.from({ length: 7 }, () => "busy")]);
  pass();
  assert.equal(turns.length, 17);
});

test("a turn that throws takes no other lane's turn along", () => {
  const { rounds, turns, lane, pass } = stand();
  const broken = lane("broken", () => {
    throw new Error("broken");
  });
  rounds.add(broken);
  rounds.add(lane("next"));
  assert.throws(pass, /broken/);
  pass();
  rounds.add(lane("later"));
  pass();
  assert.deepEqual(turns, ["broken", "next", "later"]);
});

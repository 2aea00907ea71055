// Buffers that a script keeps: at the isolate's limit it is replaced, as one whose heap is full.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const BEFORE = "const kept = [];";

test("buffers that are kept until the limit cost one request, and the isolate is replaced", async () => {
  using stand = new LaneStand(
    `requestFilter() { kept.push(new Uint8Array(2 ** 20)); return new Response("" + kept.length); }`,
    { memoryMiB: 32, before: BEFORE },
  );
  const answers: (string | null)[] = [];
  for (let i = 0; i < 100; i++) {
    const outcome = await stand.run(stand.exchange(), CHAIN.request);
    answers.push(outcome.error === null ? answerText(outcome) : null);
  }
  const failed = answers.filter((answer) => answer === null).length;
  assert.ok(failed >= 2 && failed <= 5, `${failed} of 100 failed`);
  assert.equal(stand.deaths.length, failed);
  assert.equal(
    stand.deaths[0]?.message,
    "requestFilter needed more than 32 MiB (limits.memoryMiB)",
  );
});

test("where many run in one turn, those that are not to blame have their answers", async () => {
  using stand = new LaneStand(
    `requestFilter() { kept.push(new Uint8Array(2 ** 20)); return new Response("fine"); }`,
    { memoryMiB: 32, before: BEFORE },
  );
  const runs = Array.from({ length: 100 }, () => stand.run(stand.exchange(), CHAIN.request));
  const outcomes = await Promise.all(runs);
  const failed = outcomes.filter(({ error }) => error !== null).length;
  assert.ok(failed <= 5, `${failed} of 100 failed`);
  assert.ok(stand.deaths.length >= 2);
});

test("a script that asks for more than there can be has its error, and its isolate", async () => {
  using stand = new LaneStand(`requestFilter() { new Uint8Array(2 ** 27); }`, {
    memoryMiB: 32,
    before: BEFORE,
  });
  for (let i = 0; i < 5; i++) {
    const { error } = await stand.run(stand.exchange(), CHAIN.request);
    assert.match(error?.message ?? "", /RangeError: Array buffer allocation failed/);
  }
  assert.deepEqual(stand.deaths, []);
});

test("a script that catches it, and lets go of what it kept, keeps its isolate", async () => {
  using stand = new LaneStand(
    `requestFilter() {
      try { kept.push(new Uint8Array(2 ** 22)); } catch { kept.length = 0; }
      return new Response("fine");
    }`,
    { memoryMiB: 32, before: BEFORE },
  );
  for (let i = 0; i < 40; i++) {
    assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "fine");
  }
  assert.deepEqual(stand.deaths, []);
});

// The second chance of a hook that took too long, behind the real watchdog.

import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { type TestContext, test } from "node:test";
import type { Outcome } from "../../src/phases/outcome.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

/** Runs of the hook are counted outside the isolate; those in `slow` never end. */
const stand = (slow: string): LaneStand =>
  new LaneStand(
    `requestFilter(session) {
      const run = counter("runs").incr();
      if (${slow}) for (;;);
      return new Response(session.request.target + " in run " + run);
    }`,
    { hookMs: 100 },
  );

const ask = (lane: LaneStand, target: string): Promise<Outcome> =>
  lane.run(lane.exchange(target), CHAIN.request);

test("a hook that was held up once gets its answer from a second run", async () => {
  using lane = stand("run === 1");
  const outcome = await ask(lane, "/held-up");
  assert.equal(outcome.error, null);
  assert.equal(answerText(outcome), "/held-up in run 2");
  assert.equal(lane.deaths.length, 1);
});

test("a hook that overruns twice has failed", async () => {
  using lane = stand("true");
  const outcome = await ask(lane, "/loop");
  assert.equal(outcome.error?.code, "script_timeout");
  assert.ok(lane.deaths.length > 1);
});

test("its neighbours in the frame run as if nothing had been", async () => {
  using lane = stand('session.request.target === "/loop"');
  const outcomes = await Promise.all(["/a", "/loop", "/b"].map((target) => ask(lane, target)));
  assert.deepEqual(
    outcomes.map((outcome) => answerText(outcome)?.split(" ")[0]),
    ["/a", undefined, "/b"],
  );
  assert.equal(outcomes[1]?.error?.code, "script_timeout");
});

test("there is no second chance for another call within the same minute", async () => {
  using lane = stand("run === 1 || run === 3");
  const first = await ask(lane, "/first");
  const second = await ask(lane, "/second");
  assert.equal(answerText(first), "/first in run 2");
  assert.equal(second.error?.code, "script_timeout");
});

test("a minute later there is one again", async (t: TestContext) => {
  using lane = stand("run === 1 || run === 3");
  await ask(lane, "/first");
  const now = performance.now.bind(performance);
  t.mock.method(performance, "now", () => now() + 61_000);
  const second = await ask(lane, "/second");
  assert.equal(answerText(second), "/second in run 4");
});

test("memory is no matter of chance: who needs too much fails at once", async () => {
  using lane = new LaneStand(
    `requestFilter() {
      const all = [];
      for (;;) all.push({ all: [all.length, "x"] });
    }`,
    { hookMs: 10_000, memoryMiB: 16 },
  );
  const outcome = await ask(lane, "/");
  assert.equal(outcome.error?.code, "script_error");
  assert.equal(lane.deaths.length, 1);
});

/** What comes to a loop in `forever`. */
const LOOPS: Readonly<Record<string, string>> = {
  "at once": "forever();",
  "behind what it awaits": "await null; forever();",
  "behind a timer": "await new Promise((done) => setTimeout(done, 1)); forever();",
  "in a callback": "await new Promise((done) => setTimeout(() => done(forever()), 1));",
  "of a regular expression": "/(a+)+$/.test('a'.repeat(60) + 'b');",
};

/** As the second run was ended. On a busy machine it may have been ended without. */
async function stackOf(code: string): Promise<string> {
  for (let tries = 0; tries < 20; tries++) {
    using lane = new LaneStand(`async requestFilter() { ${code} }`, {
      hookMs: 50,
      before: "function forever() { for (;;); }",
    });
    const { error } = await ask(lane, "/loop");
    assert.equal(error?.code, "script_timeout");
    const [first, second] = lane.deaths.map(({ stack }) => stack);
    assert.equal(first, "");
    if (second !== undefined && second !== "") return second;
  }
  return "";
}

for (const [title, code] of Object.entries(LOOPS)) {
  test(`where it stands is told of a loop ${title}`, async () => {
    const place = code.includes("forever") ? "forever" : "(?:async )?requestFilter";
    const told = `^requestFilter ran longer [^\\n]*\\n +at ${place} \\(script\\.js:`;
    assert.match(await stackOf(code), new RegExp(told));
  });
}

test("a hook that did not have the processor when it was stopped runs once more", async (t) => {
  using lane = stand("run <= 2");
  t.mock.method(process, "threadCpuUsage", () => ({ user: 0, system: 0 }));
  assert.equal(answerText(await ask(lane, "/held-up")), "/held-up in run 3");
  assert.equal(lane.deaths.length, 1);
});

test("nor does one that had awaited before it was stopped lose that run", async (t) => {
  using lane = new LaneStand(
    `async requestFilter() {
      await new Promise((done) => setTimeout(done, 1));
      const run = counter("runs").incr();
      if (run <= 2) for (;;);
      return new Response("run " + run);
    }`,
    { hookMs: 100 },
  );
  t.mock.method(process, "threadCpuUsage", () => ({ user: 0, system: 0 }));
  assert.equal(answerText(await ask(lane, "/")), "run 3");
});

test("who waits meanwhile loses none of the runs that it may lose", async () => {
  using lane = new LaneStand(
    `async requestFilter({ request: { target } }) {
      const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
      await sleep(target === "/loops" ? 20 : 100);
      if (target === "/loops") for (;;);
      return new Response(target);
    }`,
    { hookMs: 100 },
  );
  const waiting = [1, 2, 3].map((number) => ask(lane, `/waits/${number}`));
  const loops = ask(lane, "/loops");
  assert.deepEqual((await Promise.all(waiting)).map(answerText), [
    "/waits/1",
    "/waits/2",
    "/waits/3",
  ]);
  assert.equal((await loops).error?.code, "script_timeout");
  assert.ok(lane.deaths.length > 1);
});

// Which workers count as stuck: those whose heart stands still while their thread uses the
// processor, and not those that get none.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Silence } from "../../../../src/fleet/main/workers/silence.ts";
import { StuckWatch } from "../../../../src/fleet/main/workers/stuck-watch.ts";

const LOOK_MS = 500;

interface Machine {
  /** Of each ms that passes, for the worker's thread; null: nobody can say. */
  share: number | null;
  /** The worker's heart beats. */
  beats: boolean;
}

/** Seconds until the worker counts as stuck, of `most`; null: it does not. */
function stuckAfter(
  t: TestContext,
  { hookMs, startMs = 0, most }: { hookMs: number; startMs?: number; most: number },
  machine: (second: number) => Machine,
): number | null {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let nowMs = 0;
  let usedMs = 0;
  let beat = 1;
  let now = machine(0);
  const silence = new Silence({
    beat: () => beat,
    usedMs: () => (now.share === null ? null : usedMs),
    nowMs: () => nowMs,
  });
  let isGivenUp = false;
  const thread = {
    ...{ index: 1, silence, startMs: () => startMs, tenantIndex: () => 0 },
    giveUp: () => {
      isGivenUp = true;
    },
  };
  const generation = { config: { tenants: [{ limits: { hookMs } }] } };
  let stuckAtMs: number | null = null;
  const watch = new StuckWatch(
    () => ({ threads: [thread], generation }),
    () => {
      stuckAtMs = nowMs;
    },
  );
  while (nowMs < most * 1_000 && stuckAtMs === null) {
    now = machine(nowMs / 1_000);
    nowMs += LOOK_MS;
    usedMs += LOOK_MS * (now.share ?? 0);
    if (now.beats) beat++;
    t.mock.timers.tick(LOOK_MS);
  }
  watch.stop();
  t.mock.timers.reset();
  assert.equal(isGivenUp, stuckAtMs !== null);
  return stuckAtMs === null ? null : stuckAtMs / 1_000;
}

const DEFAULT_MS = 50;
const spins: Machine = { share: 1, beats: false };

test("a loop that uses the processor is found after five seconds of it and four budgets", (t) => {
  for (const [hookMs, seconds] of [
    [DEFAULT_MS, 5.2],
    [3_000, 17],
  ] as const) {
    const found = stuckAfter(t, { hookMs, most: 60 }, () => spins);
    assert.ok(found !== null && found >= seconds && found <= seconds + 1, `${found}`);
  }
});

test("a worker that got no processor in between is no loop, for eight times as long and more", (t) => {
  // three seconds of a hook, on a machine that has eight times its load
  const busy = (second: number): Machine => ({ share: 1 / 8, beats: second >= 24 });
  assert.equal(stuckAfter(t, { hookMs: 3_000, most: 40 }, busy), null);
  const starved = (second: number): Machine => ({ share: 0, beats: second >= 50 });
  assert.equal(stuckAfter(t, { hookMs: DEFAULT_MS, most: 60 }, starved), null);
});

test("what it used while its heart beat does not count", (t) => {
  const beats = (second: number): Machine => ({ share: 1, beats: second < 30 });
  const found = stuckAfter(t, { hookMs: DEFAULT_MS, most: 60 }, beats);
  assert.ok(found !== null && found >= 35 && found <= 36.5, `${found}`);
});

test("a worker that waits for what never comes is found in the end", (t) => {
  const found = stuckAfter(t, { hookMs: DEFAULT_MS, most: 120 }, () => ({
    share: 0,
    beats: false,
  }));
  assert.ok(found !== null && found >= 60 && found <= 64, `${found}`);
});

test("a script that is started may take as long as two starts", (t) => {
  const found = stuckAfter(t, { hookMs: DEFAULT_MS, startMs: 1_000, most: 60 }, () => spins);
  assert.ok(found !== null && found >= 21 && found <= 22, `${found}`);
});

test("where the system does not tell, the clock decides", (t) => {
  const untold = (): Machine => ({ share: null, beats: false });
  const found = stuckAfter(t, { hookMs: DEFAULT_MS, most: 60 }, untold);
  assert.ok(found !== null && found >= 5.2 && found <= 6.5, `${found}`);
});

test("while nothing can be asked for want of a descriptor, what was known counts", (t) => {
  const gap = (second: number): Machine => ({
    share: second >= 2 && second < 20 ? null : 1 / 8,
    beats: second < 1 || second >= 30,
  });
  assert.equal(stuckAfter(t, { hookMs: DEFAULT_MS, most: 40 }, gap), null);
});

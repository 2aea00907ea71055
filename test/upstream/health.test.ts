// When checks make a peer up or down, and whom Envoy's definitions of outliers name.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { HealthConfig } from "../../src/base/config/upstream/types.ts";
import type { HealthState } from "../../src/upstream/control/controlled-peer.ts";
import {
  ejectionMs,
  mayEject,
  percentageOutliers,
  rateOutliers,
} from "../../src/upstream/control/ejection.ts";
import type { CheckResult } from "../../src/upstream/control/health-check.ts";
import { HealthWatch } from "../../src/upstream/control/health-watch.ts";

const CONFIG: HealthConfig = {
  kind: "http",
  service: "",
  path: "/",
  host: null,
  headers: {},
  statuses: [{ from: 200, to: 299 }],
  header: null,
  body: null,
  intervalMs: 2_000,
  fastIntervalMs: 500,
  timeoutMs: 1_000,
  rise: 2,
  fall: 3,
  jitterPercent: 0,
};

/**
 * Results one after the other; what the watch made of them, and how long it waited for each.
 *
 * @param hastens  whether requests fail there, so many ms after the last check
 */
function watched(
  results: readonly (CheckResult | "ours")[],
  first: HealthState,
  { jitter = 0, hastens = (_ms: number): boolean => false, intervalMs = 2_000 } = {},
) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const seen: string[] = [];
  const waits: number[] = [];
  let state = first;
  let waited = 0;
  let nowMs = 0;
  const left = [...results];
  const watch = new HealthWatch({
    config: { ...CONFIG, jitterPercent: jitter, intervalMs },
    peer: {
      get state() {
        return state;
      },
      changed: (health) => {
        state = health;
        seen.push(`${results.length - left.length} ${health}`);
      },
    },
    check: (done) => {
      waits.push(waited);
      waited = 0;
      const result = left.shift() ?? null;
      if (result === "ours") done("no descriptor is left", true);
      else done(result, false);
      return { cancel: () => {} };
    },
    random: () => 0,
    now: () => nowMs,
  });
  try {
    for (; left.length > 0; waited += 10, nowMs += 10) {
      mock.timers.tick(10);
      if (hastens(waited)) watch.hasten();
    }
    return { seen, waits: waits.slice(1) };
  } finally {
    watch.stop();
    mock.timers.reset();
  }
}

const BAD = "it answered with status 500";

test("a peer that was up is down after `fall` failures in a row, asked for faster meanwhile", () => {
  const { seen, waits } = watched([null, BAD, BAD, null, BAD, BAD, BAD, BAD], "up");
  assert.deepEqual(seen, ["7 down"]);
  assert.deepEqual(waits, [2_000, 500, 500, 2_000, 500, 500, 2_000]);
});

test("a peer at which requests fail is checked at once, and no more often than it may be", () => {
  const always = watched([null, null, BAD, BAD, BAD], "up", { hastens: () => true });
  assert.deepEqual(always.waits, [500, 500, 500, 500]);
  assert.deepEqual(always.seen, ["5 down"]);
  const late = watched([null, null, BAD, BAD, BAD], "up", { hastens: (ms) => ms === 700 });
  assert.deepEqual(late.waits, [710, 710, 500, 500]);
  const down = watched([BAD, null, null], "down", { hastens: () => true });
  assert.deepEqual(down.waits, [2_000, 500], "one that is down is asked for as ever");
  const results = [null, null, BAD, BAD, BAD];
  const often = watched(results, "up", { hastens: () => true, intervalMs: 100 });
  assert.deepEqual(often.waits, [100, 100, 100, 100], "a check is never put off");
});

test("it is up again after `rise` successes in a row", () => {
  assert.deepEqual(watched([BAD, null, BAD, null, null], "down").seen, ["5 up"]);
});

test("the first result decides for a peer that is new", () => {
  assert.deepEqual(watched([null], "checking").seen, ["1 up"]);
  assert.deepEqual(watched([BAD], "checking").seen, ["1 down"]);
  assert.deepEqual(watched([BAD], "unchecked").seen, ["1 down"]);
});

test("a check that fails for our own sake says nothing", () => {
  assert.deepEqual(watched([BAD, BAD, "ours", "ours", "ours"], "up").seen, []);
  assert.deepEqual(watched([BAD, BAD, "ours", BAD], "up").seen, ["4 down"]);
});

test("an interval is shorter or longer at random, within the jitter", () => {
  assert.deepEqual(watched([null, null], "up", { jitter: 20 }).waits, [1_600]);
});

const counts = (...pairs: readonly (readonly [successes: number, failures: number])[]) =>
  pairs.map(([successes, failures]) => ({ successes, failures }));

const RATE = { successRate: { minPeers: 5, minRequests: 100, stdevFactor: 1_900 } };

test("success rate: below the mean by more than 1.9 standard deviations", () => {
  const good = [990, 10] as const;
  const five = counts(good, good, good, good, [700, 300]);
  assert.deepEqual(rateOutliers(five, RATE), [4]);
  assert.deepEqual(rateOutliers(five.slice(1), RATE), [], "four peers are too few");
  const few = counts(good, good, good, good, [7, 3]);
  assert.deepEqual(rateOutliers(few, RATE), [], "ten requests say nothing");
  assert.deepEqual(rateOutliers(counts(good, good, good, good, good), RATE), []);
});

test("failure percentage: at the threshold or above", () => {
  const config = { failurePercentage: { threshold: 85, minPeers: 2, minRequests: 50 } };
  assert.deepEqual(percentageOutliers(counts([100, 0], [15, 85]), config), [1]);
  assert.deepEqual(percentageOutliers(counts([100, 0], [16, 84]), config), []);
});

test("one peer may be ejected always, more as far as the percentage goes", () => {
  assert.equal(mayEject(3, 0, { maxPercent: 10 }), true);
  assert.equal(mayEject(3, 1, { maxPercent: 10 }), false);
  assert.equal(mayEject(20, 1, { maxPercent: 10 }), true);
  assert.equal(mayEject(20, 2, { maxPercent: 10 }), false);
});

test("each ejection in a row is longer, up to the longest", () => {
  const config = { baseMs: 30_000, maxMs: 100_000, jitterMs: 1_000 };
  const times = [1, 2, 3, 4, 40].map((count) => ejectionMs(count, config, () => 0.5));
  assert.deepEqual(times, [30_500, 60_500, 90_500, 100_500, 100_500]);
});

// A version's circuit breaker as its requests fare.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScriptFailure } from "../../src/phases/tally.ts";
import { VersionHealth } from "../../src/phases/version-health.ts";
import { ended } from "./ended.ts";

const OPTIONS = { failurePercent: 90, minRequests: 10, openMs: 1_000 };
const FAILURE = { id: "1", hook: "requestFilter", code: "script_error", at: "main.ts:1:1" };
const REFUSED = { ...FAILURE, code: "script_disabled" };
const PASSED = ended({ status: 200 });

const failed = (scriptFailure: ScriptFailure, status = 500) => ended({ status, scriptFailure });

function opened(): VersionHealth {
  const health = new VersionHealth(OPTIONS, () => undefined);
  while (health.isClosed) health.ended(failed(FAILURE), 1, 0);
  return health;
}

test("a version that fails now and then stays in service", () => {
  const health = new VersionHealth(OPTIONS, () => undefined);
  for (let i = 0; i < 1_000; i++) health.ended(i % 2 === 0 ? failed(FAILURE) : PASSED, 1, 0);
  assert.equal(health.state, "closed");
});

test("half-open, one request at a time runs the script, and three that pass close it", () => {
  const health = opened();
  assert.equal(health.admits(999), false);
  for (let probe = 0; probe < 3; probe++) {
    assert.equal(health.state, probe === 0 ? "open" : "half-open");
    assert.equal(health.admits(1_000), true);
    assert.equal(health.admits(1_000), false);
    health.ended(PASSED, 1, 1_000);
  }
  assert.deepEqual([health.state, health.isClosed], ["closed", true]);
});

test("a probe that does not end for long, such as a stream, holds up no other probe", () => {
  const health = opened();
  assert.equal(health.admits(1_000), true);
  assert.equal(health.admits(1_999), false);
  assert.equal(health.admits(2_000), true);
});

test("a probe that fails opens it again", () => {
  const health = opened();
  health.admits(1_000);
  health.ended(failed(FAILURE), 1, 1_000);
  assert.equal(health.state, "open");
  assert.equal(health.admits(2_999), false, "for twice as long");
  assert.equal(health.admits(3_000), true);
});

const NO_PROOF = {
  "of which no hook has run": ended({ status: 200, hasRun: false }),
  "that had no turn in time": ended({ status: 503, hasRun: false, wasBusy: true }),
  "of which a later hook had no turn in time": ended({ status: 200, wasBusy: true }),
  "whose client hung up": ended({ status: 0, error: "client_aborted" }),
  "that its processes' breaker refused": failed(REFUSED, 503),
};

for (const [which, request] of Object.entries(NO_PROOF)) {
  test(`probes ${which} close no breaker, and the next one is let through`, () => {
    const health = opened();
    for (let probe = 0; probe < 10; probe++) {
      assert.equal(health.admits(1_000), true, `probe ${probe}`);
      health.ended(request, 1, 1_000);
    }
    assert.equal(health.state, "half-open");
  });

  test(`requests ${which} do not hide that all others fail`, () => {
    const health = new VersionHealth(OPTIONS, () => undefined);
    for (let i = 0; i < 10; i++) {
      health.ended(request, 1, 0);
      health.ended(request, 1, 0);
      health.ended(failed(FAILURE), 1, 0);
    }
    assert.equal(health.state, "open");
  });
}

test("calls that its processes' breaker refused are not held against a version", () => {
  const health = new VersionHealth(OPTIONS, () => undefined);
  for (let i = 0; i < 1_000; i++) health.ended(failed(REFUSED, 503), 1, 0);
  assert.equal(health.state, "closed");
  const { scriptFailures, serverErrors } = health.take() ?? {};
  assert.deepEqual([scriptFailures, serverErrors], [0, 1_000]);
});

test("a new version is told of once, though nothing happened to it yet", () => {
  const health = new VersionHealth(OPTIONS, () => undefined);
  assert.deepEqual([health.take()?.breaker, health.take()], ["closed", null]);
});

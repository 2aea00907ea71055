// A version's circuit breaker as its requests fare.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Standing } from "../../src/phases/standing.ts";
import type { ScriptFailure } from "../../src/phases/tally.ts";
import { ended } from "./ended.ts";

const OPTIONS = { failurePercent: 90, minRequests: 10, openMs: 1_000 };
const FAILURE = { id: "1", hook: "requestFilter", code: "script_error", at: "main.ts:1:1" };
const REFUSED = { ...FAILURE, code: "script_disabled" };
const PASSED = ended({ status: 200 });

const failed = (scriptFailure: ScriptFailure, status = 500) => ended({ status, scriptFailure });

function opened(): Standing {
  const standing = new Standing(OPTIONS, () => undefined);
  while (standing.isClosed) standing.ended(failed(FAILURE), 0);
  return standing;
}

test("a version that fails now and then stays in service", () => {
  const standing = new Standing(OPTIONS, () => undefined);
  for (let i = 0; i < 1_000; i++) standing.ended(i % 2 === 0 ? failed(FAILURE) : PASSED, 0);
  assert.equal(standing.state, "closed");
});

test("half-open, one request at a time runs the script, and three that pass close it", () => {
  const standing = opened();
  assert.equal(standing.admits(999), false);
  for (let probe = 0; probe < 3; probe++) {
    assert.equal(standing.state, probe === 0 ? "open" : "half-open");
    assert.equal(standing.admits(1_000), true);
    assert.equal(standing.admits(1_000), false);
    standing.ended(PASSED, 1_000);
  }
  assert.deepEqual([standing.state, standing.isClosed], ["closed", true]);
});

test("a probe that does not end for long, such as a stream, holds up no other probe", () => {
  const standing = opened();
  assert.equal(standing.admits(1_000), true);
  assert.equal(standing.admits(1_999), false);
  assert.equal(standing.admits(2_000), true);
});

test("a probe that fails opens it again", () => {
  const standing = opened();
  standing.admits(1_000);
  standing.ended(failed(FAILURE), 1_000);
  assert.equal(standing.state, "open");
  assert.equal(standing.admits(2_999), false, "for twice as long");
  assert.equal(standing.admits(3_000), true);
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
    const standing = opened();
    for (let probe = 0; probe < 10; probe++) {
      assert.equal(standing.admits(1_000), true, `probe ${probe}`);
      standing.ended(request, 1_000);
    }
    assert.equal(standing.state, "half-open");
  });

  test(`requests ${which} do not hide that all others fail`, () => {
    const standing = new Standing(OPTIONS, () => undefined);
    for (let i = 0; i < 10; i++) {
      standing.ended(request, 0);
      standing.ended(request, 0);
      standing.ended(failed(FAILURE), 0);
    }
    assert.equal(standing.state, "open");
  });
}

test("calls that its processes' breaker refused are not held against a version", () => {
  const standing = new Standing(OPTIONS, () => undefined);
  for (let i = 0; i < 1_000; i++) standing.ended(failed(REFUSED, 503), 0);
  assert.equal(standing.state, "closed");
  const { scriptFailures, serverErrors } = standing.take() ?? {};
  assert.deepEqual([scriptFailures, serverErrors], [0, 1_000]);
});

test("a new version is told of once, though nothing happened to it yet", () => {
  const standing = new Standing(OPTIONS, () => undefined);
  assert.deepEqual([standing.take()?.breaker, standing.take()], ["closed", null]);
});

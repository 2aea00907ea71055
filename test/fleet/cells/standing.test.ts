// How far a tenant is trusted, as its cells die.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Standings } from "../../../src/fleet/cells/standing.ts";

function stand() {
  const clock = { ms: 0 };
  const told: string[] = [];
  const changed = (tenant: string, state: string): void => {
    told.push(`${tenant} ${state}`);
  };
  return { clock, told, standings: new Standings(changed, () => clock.ms) };
}

const stateOf = (standings: Standings): string => standings.of("t").breaker;

/** Deaths in a cell of the tenant's own until that changes something. */
function strikeOut(standings: Standings): void {
  while (stateOf(standings) !== "open" && stateOf(standings) !== "disabled") {
    standings.died("t", true);
  }
}

test("a death in a shared cell moves the tenant, and is no strike", () => {
  const { told, standings } = stand();
  assert.deepEqual(standings.of("t"), { breaker: "closed", isAlone: false });
  for (let death = 0; death < 1_000; death++) standings.died("t", false);
  assert.deepEqual(standings.of("t"), { breaker: "closed", isAlone: true });
  assert.deepEqual(told, []);
});

test("strikes that are far apart open no breaker", () => {
  const { clock, standings } = stand();
  for (let death = 0; death < 1_000; death++) {
    clock.ms += 1_000;
    standings.died("t", true);
  }
  assert.equal(stateOf(standings), "closed");
});

test("the breaker half-opens by itself, later each time, and in the end is disabled", () => {
  const { clock, told, standings } = stand();
  standings.died("t", false);
  const lengths: number[] = [];
  for (;;) {
    strikeOut(standings);
    if (stateOf(standings) === "disabled") break;
    const fromMs = clock.ms;
    while (stateOf(standings) === "open") {
      clock.ms += 1_000;
      standings.sweep();
    }
    assert.deepEqual(standings.of("t"), { breaker: "half-open", isAlone: true });
    lengths.push((clock.ms - fromMs) / 1_000);
  }
  assert.deepEqual(lengths, [15, 30, 60, 120, 240, 480]);
  clock.ms += 1e9;
  assert.deepEqual(standings.sweep(), []);
  assert.equal(stateOf(standings), "disabled");
  assert.deepEqual(told.slice(-2), ["t half-open", "t disabled"]);
});

test("other scripts are tried at once, and until time is up their first death opens it", () => {
  const { clock, told, standings } = stand();
  standings.tryOther("t");
  assert.deepEqual(standings.out(), []);
  standings.died("t", false);
  strikeOut(standings);
  assert.deepEqual([standings.out(), standings.isOut("t")], [["t"], true]);
  clock.ms += 14_999;
  standings.tryOther("t");
  assert.deepEqual([standings.out(), standings.isOut("t")], [[], false]);
  assert.deepEqual(standings.of("t"), { breaker: "half-open", isAlone: true });
  standings.died("t", true);
  assert.equal(stateOf(standings), "open");
  standings.tryOther("t");
  clock.ms += 30_000;
  for (let death = 0; death < 119; death++) standings.died("t", true);
  assert.equal(stateOf(standings), "half-open", "it would have been without the trial");
  standings.died("t", true);
  assert.equal(stateOf(standings), "open");
  assert.equal(told.length, 5);
});

test("whoever is tried in a loop is open for longer each time, and disabled after each death", () => {
  const { clock, standings } = stand();
  standings.died("t", false);
  strikeOut(standings);
  for (let opening = 1; opening < 6; opening++) {
    standings.tryOther("t");
    standings.died("t", true);
    clock.ms += 15_000 * 2 ** opening - 1;
    assert.deepEqual(standings.sweep(), []);
    assert.equal(stateOf(standings), "open");
  }
  standings.tryOther("t");
  standings.died("t", true);
  for (let round = 0; round < 100; round++) {
    assert.equal(stateOf(standings), "disabled");
    standings.tryOther("t");
    clock.ms += 599_999;
    assert.deepEqual(standings.sweep(), []);
    standings.died("t", true);
  }
  standings.tryOther("t");
  clock.ms += 600_000;
  assert.deepEqual(standings.sweep(), ["t"]);
  assert.deepEqual(standings.of("t"), { breaker: "closed", isAlone: false });
});

test("whoever is enabled serves again, alone at first, and shares a cell when it was quiet", () => {
  const { clock, told, standings } = stand();
  standings.died("t", false);
  strikeOut(standings);
  assert.equal(standings.enable("t"), true);
  assert.deepEqual(standings.of("t"), { breaker: "half-open", isAlone: true });
  assert.equal(standings.enable("t"), false, "it was in service");
  assert.deepEqual(standings.sweep(), []);
  clock.ms += 600_000;
  assert.deepEqual(standings.sweep(), ["t"]);
  assert.deepEqual(standings.of("t"), { breaker: "closed", isAlone: false });
  assert.deepEqual(told, ["t open", "t half-open", "t closed"]);
});

test("a tenant that is gone leaves nothing behind, and the others keep what is known of them", () => {
  const { standings } = stand();
  strikeOut(standings);
  standings.died("other", true);
  standings.keep(new Set(["other"]));
  assert.deepEqual(standings.of("t"), { breaker: "closed", isAlone: false });
  assert.equal(standings.isOut("t"), false);
  assert.equal(standings.of("other").isAlone, true);
});

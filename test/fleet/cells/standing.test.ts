// How far a tenant is trusted, as its cells die.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Standings } from "../../../src/fleet/cells/standing.ts";

function stand() {
  const clock = { ms: 0 };
  return { clock, standings: new Standings(() => clock.ms) };
}

/** Deaths in a cell of the tenant's own until that changes something. */
function strikeOut(standings: Standings): void {
  while (standings.of("t") === "alone") standings.died("t", true);
}

test("a death in a shared cell moves the tenant, and is no strike", () => {
  const { standings } = stand();
  assert.equal(standings.of("t"), "shared");
  for (let death = 0; death < 1_000; death++) standings.died("t", false);
  assert.equal(standings.of("t"), "alone");
});

test("strikes that are far apart quarantine nobody", () => {
  const { clock, standings } = stand();
  for (let death = 0; death < 1_000; death++) {
    clock.ms += 1_000;
    standings.died("t", true);
  }
  assert.equal(standings.of("t"), "alone");
});

test("quarantines end by themselves, last twice as long each time, and end for good", () => {
  const { clock, standings } = stand();
  standings.died("t", false);
  const lengths: number[] = [];
  for (;;) {
    strikeOut(standings);
    if (standings.of("t") === "disabled") break;
    assert.equal(standings.of("t"), "quarantined");
    const fromMs = clock.ms;
    while (standings.of("t") === "quarantined") {
      clock.ms += 1_000;
      standings.sweep();
    }
    lengths.push((clock.ms - fromMs) / 1_000);
  }
  assert.deepEqual(lengths, [15, 30, 60, 120, 240, 480]);
  clock.ms += 1e9;
  assert.deepEqual(standings.sweep(), []);
  assert.equal(standings.of("t"), "disabled");
});

test("whoever is enabled serves again, alone at first, and shares a cell when it was quiet", () => {
  const { clock, standings } = stand();
  standings.died("t", false);
  strikeOut(standings);
  assert.equal(standings.enable("t"), true);
  assert.equal(standings.of("t"), "alone");
  assert.equal(standings.enable("t"), false, "it was in service");
  assert.deepEqual(standings.sweep(), []);
  clock.ms += 600_000;
  assert.deepEqual(standings.sweep(), ["t"]);
  assert.equal(standings.of("t"), "shared");
});

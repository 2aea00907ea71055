// How far a tenant is trusted, as its cells die.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TenantTrust } from "../../../src/fleet/cells/tenant-trust.ts";

function stand() {
  const clock = { ms: 0 };
  const told: string[] = [];
  const changed = (tenant: string, state: string): void => {
    told.push(`${tenant} ${state}`);
  };
  return { clock, told, trust: new TenantTrust(changed, () => clock.ms) };
}

const stateOf = (trust: TenantTrust): string => trust.of("t").breaker;

/** Deaths in a cell of the tenant's own until that changes something. */
function strikeOut(trust: TenantTrust): void {
  while (stateOf(trust) !== "open" && stateOf(trust) !== "disabled") {
    trust.died("t", true);
  }
}

test("a death in a shared cell moves the tenant, and is no strike", () => {
  const { told, trust } = stand();
  assert.deepEqual(trust.of("t"), { breaker: "closed", isAlone: false });
  for (let death = 0; death < 1_000; death++) trust.died("t", false);
  assert.deepEqual(trust.of("t"), { breaker: "closed", isAlone: true });
  assert.deepEqual(told, []);
});

test("strikes that are far apart open no breaker", () => {
  const { clock, trust } = stand();
  for (let death = 0; death < 1_000; death++) {
    clock.ms += 1_000;
    trust.died("t", true);
  }
  assert.equal(stateOf(trust), "closed");
});

test("the breaker half-opens by itself, later each time, and in the end is disabled", () => {
  const { clock, told, trust } = stand();
  trust.died("t", false);
  const lengths: number[] = [];
  for (;;) {
    strikeOut(trust);
    if (stateOf(trust) === "disabled") break;
    const fromMs = clock.ms;
    while (stateOf(trust) === "open") {
      clock.ms += 1_000;
      trust.sweep();
    }
    assert.deepEqual(trust.of("t"), { breaker: "half-open", isAlone: true });
    lengths.push((clock.ms - fromMs) / 1_000);
  }
  assert.deepEqual(lengths, [15, 30, 60, 120, 240, 480]);
  clock.ms += 1e9;
  assert.deepEqual(trust.sweep(), []);
  assert.equal(stateOf(trust), "disabled");
  assert.deepEqual(told.slice(-2), ["t half-open", "t disabled"]);
});

test("other scripts are tried at once, and until time is up their first death opens it", () => {
  const { clock, told, trust } = stand();
  trust.tryOther("t");
  assert.deepEqual(trust.out(), []);
  trust.died("t", false);
  strikeOut(trust);
  assert.deepEqual([trust.out(), trust.isOut("t")], [["t"], true]);
  clock.ms += 14_999;
  trust.tryOther("t");
  assert.deepEqual([trust.out(), trust.isOut("t")], [[], false]);
  assert.deepEqual(trust.of("t"), { breaker: "half-open", isAlone: true });
  trust.died("t", true);
  assert.equal(stateOf(trust), "open");
  trust.tryOther("t");
  clock.ms += 30_000;
  for (let death = 0; death < 119; death++) trust.died("t", true);
  assert.equal(stateOf(trust), "half-open", "it would have been without the trial");
  trust.died("t", true);
  assert.equal(stateOf(trust), "open");
  assert.equal(told.length, 5);
});

test("whoever is tried in a loop is open for longer each time, and disabled after each death", () => {
  const { clock, trust } = stand();
  trust.died("t", false);
  strikeOut(trust);
  for (let opening = 1; opening < 6; opening++) {
    trust.tryOther("t");
    trust.died("t", true);
    clock.ms += 15_000 * 2 ** opening - 1;
    assert.deepEqual(trust.sweep(), []);
    assert.equal(stateOf(trust), "open");
  }
  trust.tryOther("t");
  trust.died("t", true);
  for (let round = 0; round < 100; round++) {
    assert.equal(stateOf(trust), "disabled");
    trust.tryOther("t");
    clock.ms += 599_999;
    assert.deepEqual(trust.sweep(), []);
    trust.died("t", true);
  }
  trust.tryOther("t");
  clock.ms += 600_000;
  assert.deepEqual(trust.sweep(), ["t"]);
  assert.deepEqual(trust.of("t"), { breaker: "closed", isAlone: false });
});

test("whoever is enabled serves again, alone at first, and shares a cell when it was quiet", () => {
  const { clock, told, trust } = stand();
  trust.died("t", false);
  strikeOut(trust);
  assert.equal(trust.enable("t"), true);
  assert.deepEqual(trust.of("t"), { breaker: "half-open", isAlone: true });
  assert.equal(trust.enable("t"), false, "it was in service");
  assert.deepEqual(trust.sweep(), []);
  clock.ms += 600_000;
  assert.deepEqual(trust.sweep(), ["t"]);
  assert.deepEqual(trust.of("t"), { breaker: "closed", isAlone: false });
  assert.deepEqual(told, ["t open", "t half-open", "t closed"]);
});

test("a tenant that is gone leaves nothing behind, and the others keep what is known of them", () => {
  const { trust } = stand();
  strikeOut(trust);
  trust.died("other", true);
  trust.keep(new Set(["other"]));
  assert.deepEqual(trust.of("t"), { breaker: "closed", isAlone: false });
  assert.equal(trust.isOut("t"), false);
  assert.equal(trust.of("other").isAlone, true);
});

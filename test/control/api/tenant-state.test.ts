// Whether a tenant serves, and why not.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { BreakerState } from "../../../src/base/breaker.ts";
import { parseTenant } from "../../../src/base/config/tenant.ts";
import { stateOfTenant, type TenantState } from "../../../src/control/api/tenant-state.ts";
import { type LiveVersion, NO_SCRIPTS } from "../../../src/control/live.ts";
import { settings } from "./stand.ts";

interface Given {
  readonly versions?: readonly Partial<LiveVersion>[];
  readonly breakers?: Readonly<Record<number, BreakerState>>;
  readonly processes?: BreakerState;
  readonly onScriptError?: string;
}

function stateOf({ versions = [], breakers = {}, processes, onScriptError }: Given): TenantState {
  const written = { ...settings("shop.example"), ...(onScriptError && { onScriptError }) };
  const parsed = parseTenant("shop", written, { caps: {}, isStored: false });
  assert.ok("config" in parsed);
  const scripts = {
    ...NO_SCRIPTS,
    versions: versions.map(
      (one, i): LiveVersion => ({
        ...{ version: i + 1, percent: 100, name: "", code: "", map: "" },
        ...{ isDisabled: false, reason: "", isOfFile: false, timesEnabled: 0 },
        ...one,
      }),
    ),
  };
  const whose = { id: "shop", config: parsed.config, origin: "store" } as const;
  const tenant = { ...whose, scripts, certificates: [] };
  const live = {
    tenants: () => [tenant],
    processesOf: () =>
      processes === undefined ? null : { breaker: processes, isAlone: processes !== "closed" },
  };
  return stateOfTenant({ live, breakerOf: (_, version) => breakers[version] ?? "closed" }, "shop");
}

const OUT = { isDisabled: true, reason: "It did not start: no such flag" };

test("a tenant serves if it has no script, or one version that clients get runs", () => {
  const serves = { state: "serves", reason: "" };
  assert.deepEqual(stateOf({}), serves);
  assert.deepEqual(stateOf({ processes: "open" }), serves, "without a script it needs none");
  assert.deepEqual(stateOf({ versions: [{}], processes: "half-open" }), serves);
  const shared = [{ ...OUT, percent: 90 }, { percent: 10 }];
  assert.deepEqual(stateOf({ versions: shared }), serves);
});

test("it is out of service where no version that clients get runs, and the reason is told", () => {
  assert.deepEqual(stateOf({ versions: [OUT, { percent: 0 }] }), {
    state: "out-of-service",
    reason: "version 1: It did not start: no such flag",
  });
  const both = [{ ...OUT, percent: 50 }, { percent: 50 }];
  assert.deepEqual(stateOf({ versions: both, breakers: { 2: "open" } }), {
    state: "out-of-service",
    reason: "version 1: It did not start: no such flag; version 2: its breaker is open",
  });
  assert.deepEqual(stateOf({ versions: [{}], processes: "disabled" }), {
    state: "out-of-service",
    reason: "its processes died too often: their breaker is disabled",
  });
});

test("where requests go on without the script, it is said that they do", () => {
  const { state, reason } = stateOf({ versions: [OUT], onScriptError: "fail-open" });
  assert.equal(state, "without-script");
  assert.match(reason, /did not start/);
});

test("a tenant of the store that was left out at the start does not serve", () => {
  const live = { tenants: () => [], processesOf: () => null };
  const { state, reason } = stateOfTenant({ live, breakerOf: () => "closed" }, "shop");
  assert.equal(state, "not-served");
  assert.match(reason, /do not pass the checks/);
});

// Tenants that left service, until nobody holds them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Holders } from "../../../src/downstream/holders.ts";
import { NOBODY } from "../../../src/downstream/nobody.ts";
import type { Tenant } from "../../../src/downstream/serve-context.ts";
import { Draining } from "../../../src/fleet/worker/draining.ts";
import { unexplained } from "../../../src/phases/deployment.ts";
import { VersionHealth } from "../../../src/phases/version-health.ts";
import type { Lane } from "../../../src/sandbox/call.ts";

const HOUR_MS = 3_600_000;

function stand(name: string, tenant = name): { tenant: Tenant; said: string[] } {
  const said: string[] = [];
  const lane: Lane = {
    submit: () => assert.fail("nobody runs it"),
    heapBytes: 0,
    dispose: () => said.push(`${name} disposed`),
  };
  const holders = new Holders();
  const [close, abort] = [() => said.push(`${name} closed`), () => said.push(`${name} aborted`)];
  holders.admit({ close, abort }, null);
  const deployment = {
    tenant: name,
    name,
    hooks: 0,
    bodies: { request: 0, response: 0 },
    bodyBytesMax: 1,
    lane,
    failOpen: false,
    health: VersionHealth.disabled(),
    isTraced: false,
    explain: unexplained,
    log: () => undefined,
    observe: () => undefined,
    redact: String,
    tenantId: "",
    countFailure: () => undefined,
  };
  const own = { deployment, versions: null, holders, retire: () => lane.dispose() };
  return { tenant: { ...NOBODY, name: tenant, ...own }, said };
}

test("a tenant that nobody holds goes at once, but not in the middle of a turn", async () => {
  const { tenant, said } = stand("a");
  const draining = new Draining();
  draining.add([tenant], HOUR_MS);
  assert.deepEqual([draining.tenants, said], [0, []]);
  await setImmediate();
  assert.deepEqual(said, ["a disposed"]);
});

test("the last of its holders lets a tenant go", async () => {
  const { tenant, said } = stand("a");
  const draining = new Draining();
  tenant.holders.enter();
  tenant.holders.enter();
  draining.add([tenant], HOUR_MS);
  tenant.holders.leave();
  await setImmediate();
  assert.deepEqual([draining.tenants, said], [1, []]);
  tenant.holders.leave();
  await setImmediate();
  assert.deepEqual([draining.tenants, said], [0, ["a disposed"]]);
});

test("the ninth former state of a tenant ends its oldest: tunnels close, isolates go", async () => {
  const draining = new Draining();
  const other = stand("other");
  other.tenant.holders.enter();
  draining.add([other.tenant], HOUR_MS);
  const stands = Array.from({ length: 9 }, (_, i) => stand(`${i}`, "same"));
  for (const { tenant } of stands) {
    tenant.holders.enter();
    draining.add([tenant], HOUR_MS);
  }
  await setImmediate();
  assert.deepEqual(
    stands.flatMap(({ said }) => said),
    ["0 closed", "0 disposed"],
  );
  assert.deepEqual([draining.tenants, other.said], [9, []]);
  other.tenant.holders.leave();
  for (const { tenant } of stands) tenant.holders.leave();
  assert.equal(draining.tenants, 0);
});

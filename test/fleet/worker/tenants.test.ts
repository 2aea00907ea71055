// The tenants of a worker, from one generation to the next.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseTenant } from "../../../src/base/config/tenant.ts";
import { peerOf } from "../../../src/downstream/peer-result.ts";
import type { DeploymentContext } from "../../../src/fleet/worker/deployments.ts";
import { ALONE } from "../../../src/fleet/worker/groups.ts";
import { prepareTenants, type TenantSet } from "../../../src/fleet/worker/tenants.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { LogBudgets } from "../../../src/observe/log-budget.ts";
import { Metrics } from "../../../src/observe/metrics.ts";
import { Tail } from "../../../src/observe/tail.ts";
import { Watchdog } from "../../../src/sandbox/watchdog.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { CounterTable } from "../../../src/state/counters.ts";
import { MemoryCaches } from "../../../src/state/memory-caches.ts";
import type { Peer } from "../../../src/upstream/transport.ts";

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

const counterBuffers = createCounterBuffers();
const watchdog = new Watchdog();
after(() => watchdog.stop());
const context: DeploymentContext = {
  logger: createLogger({ level: "error", format: "off", fields: {} }, { write: () => undefined }),
  tail: new Tail(() => undefined),
  metrics: new Metrics(),
  watchdog,
  runtime: { kernel: "", extras: [] },
  counterBuffers,
  counters: new CounterTable(counterBuffers),
  caches: new MemoryCaches(),
  values: { of: () => ({ revision: 0, text: "{}" }) },
  pulse: new Int32Array(16),
  cells: null,
  logBudgets: new LogBudgets(),
  ...{ worker: 1, workers: 1 },
};

/** The tenant anew, from one that serves. */
async function next(current: TenantSet, maxRetries: number, id = "shop"): Promise<TenantSet> {
  const settings = { hosts: ["shop.test"], maxRetries, isolation: "process", upstreams: {} };
  const parsed = parseTenant("shop", settings, { caps: {}, isStored: false });
  if (!("config" in parsed)) throw new Error(JSON.stringify(parsed.mistakes));
  const { config } = parsed;
  const rest = { scripts: [], stickyBy: { kind: "address" }, isSuspended: false } as const;
  const spec = {
    id,
    config,
    ...rest,
    testerKey: "",
    groups: [],
    rateLimits: null,
    hash: String(maxRetries),
    index: 0,
  };
  const { signal } = new AbortController();
  return await prepareTenants([spec], { kept: [], current, signal, context, groups: ALONE });
}

test("a tenant that was replaced is not kept by the one that replaced it", async () => {
  const collectNow = (): void => {
    if (typeof collect === "function") collect();
  };
  let serving = await next(new Map(), 0);
  const first = new WeakRef(serving.get("shop")?.tenant ?? {});
  for (let change = 1; change <= 3; change++) serving = await next(serving, change);
  // what a collection may leave behind depends on what is still on the stack
  for (let i = 0; i < 20 && first.deref() !== undefined; i++) {
    await setImmediate();
    collectNow();
  }
  assert.equal(first.deref(), undefined);
  assert.equal(serving.get("shop")?.tenant.maxRetries, 3);
});

test("peers that scripts choose are one tenant's, not those of the next one of its name", async () => {
  const first = await next(new Map(), 1, "shop~1");
  const same = await next(first, 2, "shop~1");
  const other = await next(same, 2, "shop~2");
  const identityOf = (tenants: TenantSet) => tenants.get("shop")?.tenant.egress?.identity;
  assert.equal(identityOf(same), identityOf(first));
  assert.notEqual(identityOf(other), identityOf(same));
  const peerOfScript = (tenants: TenantSet): Peer => {
    const tenant = tenants.get("shop")?.tenant;
    if (tenant === undefined) throw new TypeError("it serves");
    return peerOf({ address: "origin.example:80" }, tenant);
  };
  assert.notEqual(peerOfScript(other).key, peerOfScript(same).key, "no connection is shared");
  assert.notEqual(peerOfScript(other).tenant, peerOfScript(same).tenant, "nor what a name means");
});

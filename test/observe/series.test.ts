// The rings behind the dashboard's charts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { quantile } from "../../src/observe/quantile.ts";
import { type Counted, SeriesRings } from "../../src/observe/series.ts";
import { sampleOf } from "../../src/observe/series-sample.ts";

const BOUNDS_MS = [10, 100];

const counted = (requests: number, durations: readonly number[], errors = 0): Counted => ({
  ...{ requests, errors, durations, scriptMs: requests },
});

const sample = (
  whole: Counted,
  tenants: Readonly<Record<string, Counted>> = {},
  others: readonly string[] = [],
) => ({
  whole,
  wholeBoundsMs: BOUNDS_MS,
  tenants: new Map(Object.entries(tenants)),
  others: new Set(others),
  tenantBoundsMs: BOUNDS_MS,
});

test("a step has what was counted since the one before, and the first what was since the start", () => {
  const rings = new SeriesRings();
  rings.add(sample(counted(1_000, [1_000, 0, 0])), 1_000);
  rings.add(sample(counted(1_010, [1_005, 5, 0], 2)), 6_000);
  rings.add(sample(counted(1_010, [1_005, 5, 0], 2)), 11_000);
  const { stepMs, toMs, points } = rings.whole("30m");
  assert.deepEqual([stepMs, toMs], [LIMITS.seriesStepMs, 11_000]);
  assert.deepEqual(points, {
    requests: [1_000, 10, 0],
    errors: [0, 2, 0],
    p50Ms: [5, 10, null],
    p99Ms: [9.9, 98.2, null],
    scriptMs: [1_000, 10, 0],
  });
});

test("counts that a worker took with it are no negative requests", () => {
  const rings = new SeriesRings();
  rings.add(sample(counted(50, [50, 0, 0])), 1);
  rings.add(sample(counted(20, [20, 0, 0])), 2);
  rings.add(sample(counted(25, [25, 0, 0])), 3);
  assert.deepEqual(rings.whole("30m").points.requests, [50, 0, 5]);
});

test("long steps are sums of short ones, and both rings are bounded", () => {
  const rings = new SeriesRings();
  const steps = 24 * 20;
  for (let step = 1; step <= steps; step++) rings.add(sample(counted(step, [step, 0, 0])), step);
  assert.equal(rings.whole("30m").points.requests.length, LIMITS.seriesSteps);
  const { stepMs, points } = rings.whole("24h");
  assert.equal(stepMs, 24 * LIMITS.seriesStepMs);
  assert.deepEqual(points.requests, new Array(20).fill(24));
});

test("a tenant has charts of its own until it is gone, and there are only so many", () => {
  const rings = new SeriesRings();
  const many = Object.fromEntries(
    Array.from({ length: LIMITS.seriesTenants + 5 }, (_, index) => [`t${index}`, counted(0, [])]),
  );
  rings.add(sample(counted(0, []), many), 1);
  assert.equal(rings.minutes().size, LIMITS.seriesTenants);
  rings.add(sample(counted(0, []), { t0: counted(3, [3, 0, 0]) }), 2);
  assert.deepEqual([...rings.minutes().keys()], ["t0"]);
  assert.deepEqual(rings.tenant("t0", "30m").points.requests, [0, 3]);
  assert.deepEqual(rings.tenant("t1", "30m").points.requests, []);
});

test("the first requests of a tenant that comes later are in its first step", () => {
  const rings = new SeriesRings();
  rings.add(sample(counted(5, [])), 1);
  rings.add(sample(counted(9, []), { late: counted(4, [4, 0, 0]) }), 2);
  assert.deepEqual(rings.tenant("late", "30m").points.requests, [4]);
  assert.equal(rings.minutes().get("late")?.requests, 4);
});

test("a tenant has nothing of who had its name before", () => {
  const rings = new SeriesRings();
  rings.add(sample(counted(7, []), { shop: counted(7, []) }), 1);
  rings.add(sample(counted(8, []), {}, ["shop"]), 2);
  rings.add(sample(counted(9, []), { shop: counted(9, []) }), 3);
  rings.add(sample(counted(11, []), { shop: counted(11, []) }), 4);
  assert.deepEqual(rings.tenant("shop", "30m").points.requests, [2]);
});

test("a tenant that waited for a chart has no step with all that was meanwhile", () => {
  const rings = new SeriesRings();
  const first = Object.fromEntries(
    Array.from({ length: LIMITS.seriesTenants }, (_, index) => [`t${index}`, counted(0, [])]),
  );
  rings.add(sample(counted(0, []), { ...first, waits: counted(50, []) }), 1);
  const { t0: _, ...left } = first;
  rings.add(sample(counted(0, []), { ...left, waits: counted(60, []) }), 2);
  rings.add(sample(counted(0, []), { ...left, waits: counted(61, []) }), 3);
  assert.deepEqual(rings.tenant("waits", "30m").points.requests, [1]);
});

test("the last minute has what came since the last step, also before there is any", () => {
  const startMs = 1_000_000;
  const rings = new SeriesRings(startMs);
  const young = rings.lastMinute(
    sample(counted(10, [10, 0, 0]), { shop: counted(4, []) }),
    1_002_000,
  );
  assert.equal(young.seconds, 2);
  assert.deepEqual([young.whole.requests, young.whole.p50Ms], [10, 5]);
  assert.equal(young.tenants.get("shop")?.requests, 4);
  for (let step = 1; step <= 20; step++) {
    const nowMs = startMs + step * LIMITS.seriesStepMs;
    rings.add(sample(counted(10 + step, []), { shop: counted(4, []) }), nowMs);
  }
  const old = rings.lastMinute(sample(counted(33, []), { shop: counted(5, []) }), 1_103_000);
  assert.equal(old.seconds, 58, "eleven steps and 3 s");
  assert.deepEqual([old.whole.requests, old.tenants.get("shop")?.requests], [14, 1]);
  assert.equal(rings.whole("30m").points.requests.at(-1), 1, "which is no step yet");
});

test("a quantile lies within the bucket that has it", () => {
  assert.equal(quantile(BOUNDS_MS, [0, 0, 0], 0.5), null);
  assert.equal(quantile(BOUNDS_MS, [10, 0, 0], 0.5), 5);
  assert.equal(quantile(BOUNDS_MS, [0, 10, 0], 0.5), 55);
  assert.equal(quantile(BOUNDS_MS, [0, 0, 1], 0.99), 100);
});

test("what the threads counted is summed by tenant, and answers without a status are errors", () => {
  const metrics = new Metrics();
  metrics.counter("sluice_requests_total", "shop", "200").add(7);
  metrics.counter("sluice_requests_total", "shop", "0").add(1);
  metrics.counter("sluice_requests_total", "gone", "503").add(2);
  metrics.counter("sluice_tenant_script_seconds_total", "shop").add(0.25);
  metrics.histogram("sluice_tenant_request_duration_seconds", "shop").observe(0.004);
  const { whole, tenants, others } = sampleOf([metrics.snapshot()], new Set(["shop"]));
  assert.deepEqual([whole.requests, whole.errors], [10, 3]);
  const shop = tenants.get("shop");
  assert.deepEqual([shop?.requests, shop?.errors, shop?.scriptMs], [8, 1, 250]);
  assert.equal(shop?.durations[0], 1);
  assert.deepEqual([[...tenants.keys()], [...others]], [["shop"], ["gone"]]);
});

// What threads that have ended had counted, beside those that live.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { EndedCounts } from "../../src/observe/ended-counts.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { renderMetrics } from "../../src/observe/prometheus.ts";
import { fc } from "../support/property.ts";

const NOBODY: ReadonlySet<string> = new Set();

const counted = (tenant: string, requests: number): Metrics => {
  const metrics = new Metrics();
  metrics.counter("sluice_requests_total", tenant, "200").add(requests);
  return metrics;
};

const requestsOf = (text: string, tenant: string): number | null => {
  const [, value] =
    new RegExp(`^sluice_requests_total\\{tenant="${tenant}".* (\\d+)$`, "m").exec(text) ?? [];
  return value === undefined ? null : Number(value);
};

test("counters and histograms of a thread that has ended stay, its gauges go", () => {
  const metrics = counted("shop", 3);
  metrics.histogram("sluice_tenant_request_duration_seconds", "shop").observe(0.02);
  metrics.gauge("sluice_connections").set(7);
  const ended = new EndedCounts();
  ended.add(metrics.snapshot());
  ended.add(metrics.snapshot());
  const other = counted("shop", 1);
  other.gauge("sluice_connections").set(2);
  const text = renderMetrics([ended.snapshot(), other.snapshot()]);
  assert.equal(requestsOf(text, "shop"), 7);
  assert.match(text, /^sluice_tenant_request_duration_seconds_count\{tenant="shop"\} 2$/m);
  assert.match(text, /^sluice_tenant_request_duration_seconds_bucket\{.*le="0\.005"\} 0$/m);
  assert.match(text, /^sluice_tenant_request_duration_seconds_bucket\{.*le="0\.025"\} 2$/m);
  assert.match(text, /^sluice_connections 2$/m);
});

test("no sum of a counter falls, whichever threads end in whatever order", () => {
  const step = fc.record({ thread: fc.nat(3), adds: fc.nat(20), ends: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ended = new EndedCounts();
      const threads = Array.from({ length: 4 }, () => counted("shop", 0));
      let before = 0;
      for (const { thread, adds, ends } of steps) {
        threads[thread]?.counter("sluice_requests_total", "shop", "200").add(adds);
        if (ends) {
          ended.add(threads[thread]?.snapshot() ?? []);
          threads[thread] = counted("shop", 0);
        }
        const all = threads.map((one) => one.snapshot());
        const now = requestsOf(renderMetrics([ended.snapshot(), ...all]), "shop") ?? 0;
        assert.equal(now, before + adds);
        before = now;
      }
    }),
  );
});

test("a tenant that is no more goes when no thread has counted anything for it", () => {
  const ended = new EndedCounts();
  ended.add(counted("shop", 3).snapshot());
  ended.add(counted("tea", 5).snapshot());
  ended.forget("shop");
  ended.forget("nobody");
  assert.deepEqual(ended.drop([counted("shop", 1).snapshot()], NOBODY), []);
  assert.deepEqual(ended.drop([counted("tea", 1).snapshot()], new Set(["shop"])), []);
  assert.equal(requestsOf(renderMetrics([ended.snapshot()]), "shop"), 3);
  assert.deepEqual(ended.drop([counted("tea", 1).snapshot()], NOBODY), ["shop"]);
  const text = renderMetrics([ended.snapshot()]);
  assert.equal(requestsOf(text, "shop"), null);
  assert.equal(requestsOf(text, "tea"), 5);
});

test("what a thread brings of a tenant that was no more before it ended goes as well", () => {
  const ended = new EndedCounts();
  const live = [counted("shop", 3), counted("tea", 5)].map((one) => one.snapshot());
  ended.forget("shop");
  assert.deepEqual(ended.drop(live, NOBODY), []);
  ended.add(live[0] ?? []);
  assert.deepEqual(ended.drop(live, NOBODY), []);
  assert.deepEqual(ended.drop(live.slice(1), NOBODY), ["shop"]);
  assert.equal(requestsOf(renderMetrics([ended.snapshot()]), "shop"), null);
});

test("beyond the series that a metric may have, what ended threads had counts as one", () => {
  const ended = new EndedCounts();
  const half = LIMITS.metricSeries / 2;
  for (let thread = 0; thread < 4; thread++) {
    const metrics = new Metrics();
    for (let i = 0; i < half; i++) {
      metrics.counter("sluice_retries_total", `t-${thread}-${i}`).add();
    }
    ended.add(metrics.snapshot());
  }
  const values = ended.snapshot().map(({ values: [value = 0] }) => value);
  assert.equal(values.length, LIMITS.metricSeries + 1);
  assert.equal(
    values.reduce((sum, value) => sum + value, 0),
    4 * half,
  );
});

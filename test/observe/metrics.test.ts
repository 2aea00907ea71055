// Counting: handles, snapshots, and the bound on series.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Metrics, type MetricsSnapshot } from "../../src/observe/metrics.ts";
import { StatusCounters } from "../../src/observe/status-counters.ts";

const valuesOf = (snapshot: MetricsSnapshot, name: string, ...labels: string[]): number[] => {
  const found = snapshot.filter(
    (series) => series.name === name && series.labels.join() === labels.join(),
  );
  assert.equal(found.length, 1, `${name}{${labels}}`);
  return [...(found[0]?.values ?? [])];
};

describe("Metrics", () => {
  it("adds to one series, however many handles there are for its labels", () => {
    const metrics = new Metrics();
    metrics.counter("sluice_requests_total", "demo", "200").add();
    metrics.counter("sluice_requests_total", "demo", "200").add(2);
    metrics.counter("sluice_requests_total", "demo", "404").add();
    const snapshot = metrics.snapshot();
    assert.deepEqual(valuesOf(snapshot, "sluice_requests_total", "demo", "200"), [3]);
    assert.deepEqual(valuesOf(snapshot, "sluice_requests_total", "demo", "404"), [1]);
  });

  it("keeps labels apart whose texts run together", () => {
    const metrics = new Metrics();
    metrics.counter("sluice_upstream_errors_total", "a,b", "c").add(1);
    metrics.counter("sluice_upstream_errors_total", "a", "b,c").add(2);
    const values = metrics.snapshot().map((series) => series.values[0]);
    assert.deepEqual(values, [1, 2]);
  });

  it("lets a gauge go up, down, and to a value", () => {
    const metrics = new Metrics();
    const gauge = metrics.gauge("sluice_connections");
    gauge.add(5);
    gauge.add(-2);
    assert.deepEqual(valuesOf(metrics.snapshot(), "sluice_connections"), [3]);
    gauge.set(0.5);
    assert.deepEqual(valuesOf(metrics.snapshot(), "sluice_connections"), [0.5]);
  });

  it("counts an observation in the bucket whose bound it does not exceed", () => {
    const metrics = new Metrics();
    const histogram = metrics.histogram("sluice_turn_calls");
    for (const value of [0, 1, 2, 3, 256, 257, 1e9]) histogram.observe(value);
    assert.deepEqual(valuesOf(metrics.snapshot(), "sluice_turn_calls"), [
      2,
      1,
      1,
      0,
      0,
      0,
      0,
      0,
      1,
      2,
      0 + 1 + 2 + 3 + 256 + 257 + 1e9,
    ]);
  });

  it("gives a snapshot that later counting does not change, and that can be posted", () => {
    const metrics = new Metrics();
    const counter = metrics.counter("sluice_log_dropped_total");
    counter.add();
    const snapshot = metrics.snapshot();
    counter.add();
    assert.deepEqual(valuesOf(structuredClone(snapshot), "sluice_log_dropped_total"), [1]);
  });

  it("counts labels past the bound as one series, and loses nothing", () => {
    const metrics = new Metrics();
    const extra = 50;
    for (let peer = 0; peer < LIMITS.metricSeries + extra; peer++) {
      metrics.counter("sluice_upstream_connects_total", `peer${peer}`).add();
    }
    metrics.counter("sluice_upstream_connects_total", "peer0").add();
    const snapshot = metrics.snapshot();
    assert.equal(snapshot.length, LIMITS.metricSeries + 1);
    assert.deepEqual(valuesOf(snapshot, "sluice_upstream_connects_total", "other"), [extra]);
    assert.deepEqual(valuesOf(snapshot, "sluice_upstream_connects_total", "peer0"), [2]);
  });

  it("cuts a long label", () => {
    const metrics = new Metrics();
    metrics.gauge("sluice_certificate_expiry_seconds", "demo", "x".repeat(10_000)).set(1);
    const [series] = metrics.snapshot();
    assert.equal(series?.labels[1]?.length, LIMITS.metricLabelChars);
  });
});

describe("StatusCounters", () => {
  it("counts each status of its tenant, 0 and unheard-of ones included", () => {
    const metrics = new Metrics();
    const one = new StatusCounters(metrics, "one");
    const two = new StatusCounters(metrics, "two");
    for (const status of [200, 200, 0, 599, 999]) one.count(status);
    two.count(200);
    const snapshot = metrics.snapshot();
    assert.deepEqual(valuesOf(snapshot, "sluice_requests_total", "one", "200"), [2]);
    assert.deepEqual(valuesOf(snapshot, "sluice_requests_total", "one", "0"), [1]);
    assert.deepEqual(valuesOf(snapshot, "sluice_requests_total", "one", "999"), [1]);
    assert.deepEqual(valuesOf(snapshot, "sluice_requests_total", "two", "200"), [1]);
  });
});

// The text that Prometheus scrapes, read back by a small reader of the format that knows nothing
// of how it was written.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/observe/metric-table.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { renderMetrics } from "../../src/observe/prometheus.ts";
import { fc } from "../support/property.ts";

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/s;
const LABEL = /(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\\n]|\\["\\n])*)"(?:,|$)/sy;
const UNESCAPED: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

const readLabels = (text: string): Record<string, string> => {
  const labels: [string, string][] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text);
    assert.ok(found?.groups, `labels: ${text}`);
    const { name = "", value = "" } = found.groups;
    labels.push([name, value.replace(/\\./g, (pair) => UNESCAPED[pair] ?? assert.fail(pair))]);
  }
  return Object.fromEntries(labels);
};

const readNumber = (text: string): number =>
  text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);

const read = (text: string): { samples: Sample[]; types: Map<string, string> } => {
  assert.ok(text.endsWith("\n"));
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helped = new Set<string>();
  for (const line of text.slice(0, -1).split("\n")) {
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === "HELP") {
      assert.ok(!helped.has(name), `${name} twice`);
      helped.add(name);
      continue;
    }
    if (word === "TYPE") {
      types.set(name, rest);
      continue;
    }
    const groups = SAMPLE.exec(line)?.groups;
    assert.ok(groups?.name, `line: ${line}`);
    const family = [...types.keys()].at(-1) ?? "";
    assert.ok(groups.name?.startsWith(family), `${line} stands under ${family}`);
    const labels = readLabels(groups.labels ?? "");
    samples.push({ name: groups.name, labels, value: readNumber(groups.value ?? "") });
  }
  assert.deepEqual([...helped], [...types.keys()]);
  return { samples, types };
};

const sampleOf = (text: string, name: string, labels: Record<string, string> = {}) =>
  read(text).samples.filter(
    (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
  )[0]?.value;

describe("renderMetrics", () => {
  it("declares every metric with its type, and shows 0 for those without labels", () => {
    const { samples, types } = read(renderMetrics([]));
    const expected = [COUNTERS, GAUGES, HISTOGRAMS].flatMap((table) => Object.keys(table));
    assert.deepEqual([...types.keys()], expected);
    assert.equal(types.get("sluice_requests_total"), "counter");
    assert.equal(types.get("sluice_connections"), "gauge");
    assert.equal(types.get("sluice_turn_calls"), "histogram");
    assert.ok(samples.some(({ name, value }) => name === "sluice_connections" && value === 0));
    assert.ok(!samples.some(({ name }) => name === "sluice_requests_total"));
  });

  it("adds up what the threads counted", () => {
    const threads = [new Metrics(), new Metrics(), new Metrics()];
    for (const [index, metrics] of threads.entries()) {
      metrics.counter("sluice_requests_total", "demo", "200").add(10 ** index);
      metrics.gauge("sluice_connections").add(index);
      metrics.histogram("sluice_request_duration_seconds").observe(index);
    }
    threads[0]?.counter("sluice_requests_total", "demo", "500").add();
    const text = renderMetrics(threads.map((metrics) => metrics.snapshot()));
    assert.equal(sampleOf(text, "sluice_requests_total", { tenant: "demo", status: "200" }), 111);
    assert.equal(sampleOf(text, "sluice_requests_total", { tenant: "demo", status: "500" }), 1);
    assert.equal(sampleOf(text, "sluice_connections"), 3);
    assert.equal(sampleOf(text, "sluice_request_duration_seconds_sum"), 3);
    assert.equal(sampleOf(text, "sluice_request_duration_seconds_count"), 3);
  });

  it("leaves the snapshots as they are, so that the next scrape does not count twice", () => {
    const metrics = new Metrics();
    metrics.counter("sluice_log_dropped_total").add();
    const snapshots = [metrics.snapshot(), metrics.snapshot()];
    assert.equal(renderMetrics(snapshots), renderMetrics(snapshots));
  });

  it("gives back any label value, whatever characters it has", () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab"\\\n\r{},= é\u2028😀'), maxLength: 20 });
    fc.assert(
      fc.property(text, text, fc.double({ noNaN: true }), (tenant, name, value) => {
        const metrics = new Metrics();
        metrics.gauge("sluice_certificate_expiry_seconds", name, tenant).set(value);
        const rendered = renderMetrics([metrics.snapshot()]).replaceAll("-Inf", "-Infinity");
        const labels = { name, serial: tenant };
        const shown = sampleOf(rendered, "sluice_certificate_expiry_seconds", labels);
        assert.equal(shown, value === 0 ? (shown ?? 1) * 0 : value);
      }),
    );
  });

  it("shows a histogram whose buckets grow, end in +Inf, and agree with its count", () => {
    const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 50 });
    fc.assert(
      fc.property(values, (seconds) => {
        const metrics = new Metrics();
        const histogram = metrics.histogram("sluice_phase_duration_seconds", "logging");
        for (const second of seconds) histogram.observe(second);
        const { samples } = read(renderMetrics([metrics.snapshot()]));
        const buckets = samples.filter(
          ({ name }) => name === "sluice_phase_duration_seconds_bucket",
        );
        for (const { labels, value } of buckets) {
          assert.equal(labels.hook, "logging");
          const bound = readNumber(labels.le ?? "");
          assert.equal(value, seconds.filter((second) => second <= bound).length);
        }
        assert.equal(buckets.at(-1)?.labels.le, "+Inf");
      }),
    );
  });
});

// The bench's arithmetic and its page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, median } from "../../bench/ratios.ts";
import { BY_HAND, toPage } from "../../bench/report.ts";
import { type Results, type Run, summarise } from "../../bench/results.ts";

test("the median is the middle run, or lies between the two middle ones", () => {
  assert.equal(median([30, 10, 20]), 20);
  assert.equal(median([40, 10, 20, 30]), 25);
  assert.throws(() => median([]), /median of nothing/);
});

test("a ratio is judged against its goal and the later one, and missing peers give none", () => {
  const rates = { nginx: 100, sluice: 70, "sluice-script": 50, "nginx-lua": 100, workerd: 5 };
  const ratios = compare(new Map(Object.entries(rates)));
  assert.deepEqual(
    ratios.map(({ to, ratio, verdict }) => [to, ratio, verdict]),
    [
      ["nginx-lua", 0.5, "missed"],
      ["workerd", 10, "met, later goal too"],
      ["nginx", 0.7, "met"],
    ],
  );
});

const run = (contestantName: string, requestsPerSecond: number): Run => ({
  contestant: contestantName,
  head: "small",
  connections: 64,
  requests: 1000,
  requestsPerSecond,
  rate: 0,
  noise: 0.19,
  p50Ms: 1,
  p90Ms: 1,
  p99Ms: 2,
  p999Ms: 3,
  errors: 1,
  cpuMicros: 1_000_000 / requestsPerSecond,
  proxyLoad: 0.9,
  proxyCoreLoad: 0.99,
  clientCoreLoad: 0.8,
  forwarded: 1,
});

test("runs of one kind become one line: medians, summed errors, the worst disturbance", () => {
  const runs = [run("nginx", 10), run("sluice", 7), run("nginx", 30), run("nginx", 20)];
  const [line, other] = summarise(runs);
  assert.equal(line?.requestsPerSecond, 20);
  assert.deepEqual([line?.slowest, line?.fastest, line?.errors, line?.runs], [10, 30, 3, 3]);
  assert.equal(line?.noise, 0.19);
  assert.equal(other?.contestant, "sluice");
});

function resultsOf(runs: readonly Run[]): Results {
  return {
    date: "2026-01-02",
    command: "npm run bench -- --save",
    machine: { Processor: "one with two cores" },
    versions: { nginx: "1.22.1" },
    labels: { nginx: "nginx" },
    seconds: 4,
    warmUpSeconds: 4,
    rounds: 3,
    lines: summarise(runs),
    failures: [{ contestant: "workerd", message: "it ended" }],
    runs,
  };
}

test("the page names machine, versions and command, and warns of runs that prove little", () => {
  const late = { ...run("nginx", 1_900), rate: 2_000 };
  const runs = [run("nginx", 100_000), { ...run("sluice", 70_000), forwarded: 0.5 }, late];
  const results = resultsOf(runs);
  const page = toPage(results);
  for (const part of [
    "`npm run bench -- --save` on 2026-01-02",
    "- Processor: one with two cores",
    "- nginx: 1.22.1",
    "| nginx | 10.0 µs | 100,000 |",
    "| sluice / nginx | 0.70 | 0.65 | 0.85 | disturbed † |",
    "sluice: only 50 % reached the origin.",
    "| 19 % † |",
    "nginx: it did not keep up with the rate.",
    "## What a reader may conclude",
    "Not measured: workerd: it ended",
  ]) {
    assert.ok(page.includes(part), part);
  }
});

test("a goal is judged where both rows were quiet", () => {
  const runs = [run("nginx", 100_000), run("sluice", 70_000)].map((one) => ({ ...one, noise: 0 }));
  assert.match(toPage(resultsOf(runs)), /\| sluice \/ nginx \| 0\.70 \| 0\.65 \| 0\.85 \| met \|/);
});

test("what is written by hand below the tables outlives the next results", () => {
  const results = resultsOf([run("nginx", 100_000)]);
  const note = `${BY_HAND}\n\n## Where the time goes\n\nIn system calls.\n`;
  const page = toPage(results, `# Results of a time long gone\n\n| nginx | 1 |\n\n${note}`);
  assert.ok(page.endsWith(`\n\n${note}`));
  assert.ok(!page.includes("long gone"));
  assert.equal(toPage(results, page), page);
  assert.ok(!toPage(results, "# A page without notes\n").includes(BY_HAND));
});

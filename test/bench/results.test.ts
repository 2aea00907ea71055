// The bench's arithmetic and its page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, median, ratiosOf, spreadOf } from "../../bench/ratios.ts";
import { BY_HAND, toPage } from "../../bench/report.ts";
import { type Results, type Run, summarise } from "../../bench/results.ts";

test("the median is the middle run, or lies between the two middle ones", () => {
  assert.equal(median([30, 10, 20]), 20);
  assert.equal(median([40, 10, 20, 30]), 25);
  assert.throws(() => median([]), /median of nothing/);
});

test("turns are divided by those next to them", () => {
  assert.deepEqual(ratiosOf([20, 90, 30], [10, 30, 20]), [2, 3, 1.5]);
});

test("beside the median are the values between which it lies, closer the more there are", () => {
  const to = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  assert.deepEqual(spreadOf(to(100)), { middle: 50.5, low: 41, high: 60 });
  assert.deepEqual(spreadOf(to(16)), { middle: 8.5, low: 5, high: 12 });
  assert.deepEqual(spreadOf([7]), { middle: 7, low: 7, high: 7 });
});

test("a ratio is judged against its goal and the later one, if it is on one side of them", () => {
  const pair = (of: string, to: string, ...ratios: number[]) => ({ of, to, ratios });
  const six = (ratio: number) => Array.from({ length: 6 }, () => ratio);
  const ratios = compare([
    pair("sluice-script", "nginx-lua", ...six(0.5)),
    pair("sluice-script", "workerd", ...six(10)),
    pair("sluice", "nginx", ...six(0.7)),
    pair("sluice-cell", "nginx-lua", 0.45, 0.46, 0.48, 0.52, 0.54, 0.55),
    pair("nginx", "sluice", ...six(1.4)),
  ]);
  assert.deepEqual(
    ratios.map(({ to, middle, verdict }) => [to, middle, verdict]),
    [
      ["nginx-lua", 0.5, "missed"],
      ["workerd", 10, "met, later goal too"],
      ["nginx", 0.7, "met"],
      ["nginx-lua", 0.5, "open"],
    ],
  );
});

test("fewer than six turns leave every goal open, however far they are from it", () => {
  const verdictOf = (count: number) =>
    compare([{ of: "sluice", to: "nginx", ratios: Array.from({ length: count }, () => 2) }])[0]
      ?.verdict;
  assert.deepEqual([1, 4, 5, 6].map(verdictOf), ["open", "open", "open", "met, later goal too"]);
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

const SMALL = { head: "small", connections: 64, rate: 0 } as const;

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
    pairs: [
      { of: "sluice", to: "nginx", ...SMALL, ratios: [0.68, 0.69, 0.7, 0.7, 0.71, 0.72] },
      { of: "sluice", to: "nginx", ...SMALL, head: "browser", ratios: [0.9] },
    ],
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
    "| sluice / nginx | 0.70 | 0.68 – 0.72 | 0.65 | 0.85 | met |",
    "sluice: only 50 % reached the origin.",
    "| 19 % † |",
    "nginx: it did not keep up with the rate.",
    "## What a reader may conclude",
    "Not measured: workerd: it ended",
  ]) {
    assert.ok(page.includes(part), part);
  }
});

test("each kind of request has the ratios of its own turns", () => {
  const browser = { ...run("nginx", 100_000), head: "browser" } as const;
  const sections = toPage(resultsOf([run("nginx", 100_000), browser])).split("\n## ");
  const ratioOf = (title: string) =>
    sections.find((each) => each.startsWith(title))?.match(/sluice \/ nginx \| ([\d.]+)/)?.[1];
  assert.deepEqual([ratioOf("Small head"), ratioOf("Browser's head")], ["0.70", "0.90"]);
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

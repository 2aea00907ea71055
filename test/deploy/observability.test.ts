// What deploy/ gives to Prometheus and Grafana: rules that promtool passes, metrics that there are,
// and a runbook for each alert.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/observe/metric-table.ts";
import { readPage } from "../docs/markdown.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";
import { missing } from "../support/debian.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), "utf8");

const RULES = "deploy/prometheus/sluice.rules.yaml";
const RULES_TEST = "deploy/prometheus/sluice.rules.test.yaml";
const skip = await missing("promtool", "prometheus");

const RULES_FILE = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});

const rules = RULES_FILE.parse(parse(read(RULES))).groups.flatMap((group) => group.rules);

function promtool(args: readonly string[], input = ""): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

test("promtool passes the rules, and what they are to alert of and what not", { skip }, () => {
  for (const args of [
    ["check", "rules", path(RULES)],
    ["test", "rules", path(RULES_TEST)],
  ]) {
    const { status, text } = promtool(args);
    assert.equal(status, 0, text);
  }
});

test("each alert is tried in the rules' test", () => {
  const tried = read(RULES_TEST);
  for (const { alert } of rules) assert.match(tried, new RegExp(`alertname: ${alert}\\b`));
});

test("each alert has its runbook, and each runbook its alert", () => {
  const { anchors } = readPage("docs/runbooks.md", read("docs/runbooks.md"));
  const [, ...runbooks] = anchors;
  for (const { alert, annotations } of rules) {
    assert.equal(annotations.runbook_url, `docs/runbooks.md#${alert.toLowerCase()}`);
  }
  assert.deepEqual(runbooks.toSorted(), rules.map(({ alert }) => alert.toLowerCase()).toSorted());
});

/** What a scrape has names for. */
const scraped = new Set([
  ...Object.keys(COUNTERS),
  ...Object.keys(GAUGES),
  ...Object.keys(HISTOGRAMS).flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
]);

const NAME = /\b(?:sluice|process)_[a-z_]+\b/g;

for (const file of [RULES, RULES_TEST, "deploy/grafana/sluice.json"]) {
  test(`${file} names metrics that there are`, () => {
    const names = new Set(read(file).match(NAME));
    assert.ok(names.size > 10);
    assert.deepEqual(
      [...names].filter((name) => !scraped.has(name)),
      [],
    );
  });
}

test("promtool has nothing to object to in what a proxy that has served tells", {
  skip,
}, async () => {
  await using origin = await RawOrigin.start(answering(ok()));
  await using proxy = await TestProxy.start({ config: oneTenant({ main: [origin.address] }) });
  await fetch(proxy.url);
  const metrics = await proxy.metrics();
  for (const name of ["process_open_fds", "process_cpu_seconds_total", "sluice_build_info"]) {
    assert.match(metrics, new RegExp(`^${name}[ {].*[1-9]`, "m"));
  }
  assert.deepEqual(promtool(["check", "metrics"], metrics), { status: 0, text: "" });
});

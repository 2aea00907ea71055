// Results as Markdown: what is printed after the bench, and bench/RESULTS.md, whose end is written
// by hand and kept.

import type { Ratio } from "./ratios.ts";
import { compare } from "./ratios.ts";
import { FOREIGN_LOAD_MAX, type Line, type Results } from "./results.ts";

/** The line below which the page is written by hand. */
export const BY_HAND = "<!-- From here on written by hand: `--save` keeps it. -->";

/**
 * The page: machine, versions and command first, because figures mean nothing without them.
 * @param before  the page as it is, of which what is written by hand stays
 */
export function toPage(results: Results, before = ""): string {
  const from = before.indexOf(BY_HAND);
  const tables = toTablePage(results);
  return from < 0 ? tables : `${tables}\n${before.slice(from)}`;
}

function toTablePage(results: Results): string {
  return [
    "# Results of the bench",
    "",
    `Written by \`${results.command}\` on ${results.date}: ${results.rounds} rounds of ` +
      `${results.seconds} s, medians. Each proxy has one worker on core 0, with its upstream ` +
      "connections kept and no access log; wrk and the origin (nginx, a fixed answer of 20 " +
      "bytes) share core 1.",
    "",
    ...toList(results.machine),
    ...toList(results.versions),
    "",
    toTables(results),
  ].join("\n");
}

export function toTables(results: Results): string {
  const sections: string[] = [];
  for (const [title, lines] of Map.groupBy(results.lines, titleOf)) {
    sections.push(`## ${title}`, "", ...toTable(lines, results.labels), "", ...toRatios(lines), "");
  }
  for (const { contestant, message } of results.failures) {
    sections.push(`Not measured: ${contestant}: ${message}`, "");
  }
  return `${sections.join("\n").trimEnd()}\n`;
}

const titleOf = (line: Line): string =>
  `${line.head === "small" ? "Small head" : "Browser's head"}, ${line.connections} connection${
    line.connections === 1 ? "" : "s"
  }`;

const COLUMNS = [
  "",
  ...["requests/s", "slowest to fastest", "p50", "p99", "CPU/request"],
  ...["proxy", "core 0", "core 1", "errors"],
];

function toTable(lines: readonly Line[], labels: Results["labels"]): string[] {
  return [
    `| ${COLUMNS.join(" | ")} |`,
    `| --- |${" ---: |".repeat(COLUMNS.length - 1)}`,
    ...lines.map((line) => toRow(line, labels[line.contestant] ?? line.contestant)),
    ...lines.flatMap(toWarnings).map((warning) => `\n${warning}`),
  ];
}

function toRow(line: Line, label: string): string {
  const cells = [
    label,
    toThousands(line.requestsPerSecond),
    `${toThousands(line.slowest)} – ${toThousands(line.fastest)}`,
    `${line.p50Ms.toFixed(2)} ms`,
    `${line.p99Ms.toFixed(2)} ms`,
    `${line.cpuMicros.toFixed(1)} µs`,
    toPercent(line.proxyLoad),
    toPercent(line.proxyCoreLoad),
    toPercent(line.clientCoreLoad),
    String(line.errors),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Requests may be under way when a run ends: the origin's count and the client's differ. */
const FORWARDED_MIN = 0.99;

function toWarnings(line: Line): string[] {
  const warnings: string[] = [];
  if (line.foreignLoad > FOREIGN_LOAD_MAX) {
    warnings.push(`${line.contestant}: others used ${toPercent(line.foreignLoad)} of its core.`);
  }
  if (line.forwarded < FORWARDED_MIN) {
    warnings.push(`${line.contestant}: only ${toPercent(line.forwarded)} reached the origin.`);
  }
  return warnings;
}

function toRatios(lines: readonly Line[]): string[] {
  const ratios = compare(new Map(lines.map((line) => [line.contestant, line.requestsPerSecond])));
  if (ratios.length === 0) return [];
  return [
    "| ratio | | goal | later | |",
    "| --- | ---: | ---: | ---: | --- |",
    ...ratios.map(toRatioRow),
  ];
}

function toRatioRow({ of, to, ratio, goal, later, verdict }: Ratio): string {
  return `| ${of} / ${to} | ${ratio.toFixed(2)} | ${goal} | ${later} | ${verdict} |`;
}

const toList = (facts: Readonly<Record<string, string>>): string[] =>
  Object.entries(facts).map(([name, fact]) => `- ${name}: ${fact}`);

const toPercent = (share: number): string => `${Math.round(share * 100)} %`;

const toThousands = (count: number): string => Math.round(count).toLocaleString("en-GB");

// Results as Markdown: what is printed after the bench, and bench/RESULTS.md, whose end is written
// by hand and kept.

import type { Ratio } from "./ratios.ts";
import { compare } from "./ratios.ts";
import {
  type Line,
  NOISE_MAX,
  type PairsOfKind,
  type RequestKind,
  type Results,
} from "./results.ts";

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
      `${results.seconds} s, each after ${results.warmUpSeconds} s of warm-up that count for ` +
      "nothing; medians. Each proxy has one worker on core 0, with its upstream connections kept " +
      "and no access log; h2load and the origin (nginx, a fixed answer of 20 bytes) share core 1." +
      " Ratios are of turns of a quarter of a second that two proxies take side by side.",
    "",
    ...CONCLUSIONS,
    "",
    ...toList(results.machine),
    ...toList(results.versions),
    "",
    toTables(results),
  ].join("\n");
}

/** For whoever reads the figures without having made them. */
const CONCLUSIONS = [
  "## What a reader may conclude",
  "",
  "- **CPU/request** is the processor time of all processes of a proxy for one request: what a",
  "  machine must have for a load. At a fixed rate it contains what a proxy costs that waits. On a",
  "  rented machine the same work takes up to 1.6 times as much while a neighbour uses the other",
  "  half of the physical core, which lasts for seconds or minutes. Rows were measured one after",
  "  the other: do not divide one by another.",
  "- **requests for the same processor time** are what compares two proxies: they ran at the same",
  "  time and took turns, so both met the same neighbours. The median of the turns' ratios, and",
  "  between which two it lies in about nineteen of twenty cases. A goal between them is open,",
  "  and so is any with fewer than six turns.",
  "- **requests/s** of a closed loop say how much one core carries at most, while the client asks",
  "  again as soon as it is answered. Where core 1 is near 100 % the client or the origin was the",
  "  limit, and the proxy could do more. Proxies that are all near 100 % of core 0 compare.",
  "- **p50 to p99.9** at a fixed rate are what clients wait for while the proxy has time: compare",
  "  those. h2load asks again on a connection only when it is answered. So a stall delays what was",
  "  to be asked meanwhile, and no figure shows that. Where fewer requests/s came than were asked",
  "  for, the times say little. In a closed loop they only say again what requests/s say.",
  `- **noise** is the worst of what was seen before, during and after a run: what others used, and`,
  `  how far the speed of the core varied. Above ${NOISE_MAX * 100} % a run was made again, up to`,
  "  twice. A row that still has more is marked †, and proves nothing.",
  "- These are small answers on loopback with one worker. Of large bodies, TLS, many cores, a",
  "  network or a day under load they say nothing.",
];

export function toTables(results: Results): string {
  const sections: string[] = [];
  for (const [title, lines] of Map.groupBy(results.lines, titleOf)) {
    const ratios = toRatios(lines, results.pairs);
    sections.push(`## ${title}`, "", ...toTable(lines, results.labels), "", ...ratios, "");
  }
  for (const { contestant, message } of results.failures) {
    // what it wrote besides has paths of this machine
    sections.push(`Not measured: ${contestant}: ${message.split("\n", 1)[0]}`, "");
  }
  return `${sections.join("\n").trimEnd()}\n`;
}

const titleOf = ({ head, connections, rate }: RequestKind): string => {
  const pace = rate === 0 ? "closed loop" : `${toThousands(rate)} requests/s`;
  const count = `${connections} connection${connections === 1 ? "" : "s"}`;
  return `${head === "small" ? "Small head" : "Browser's head"}, ${pace}, ${count}`;
};

const COLUMNS = [
  "",
  ...["CPU/request", "requests/s", "slowest to fastest", "p50", "p90", "p99", "p99.9"],
  ...["proxy", "core 0", "core 1", "noise", "errors"],
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
    `${line.cpuMicros.toFixed(1)} µs`,
    toThousands(line.requestsPerSecond),
    `${toThousands(line.slowest)} – ${toThousands(line.fastest)}`,
    ...[line.p50Ms, line.p90Ms, line.p99Ms, line.p999Ms].map((ms) => `${ms.toFixed(2)} ms`),
    toPercent(line.proxyLoad),
    toPercent(line.proxyCoreLoad),
    toPercent(line.clientCoreLoad),
    `${toPercent(line.noise)}${isNoisy(line) ? " †" : ""}`,
    String(line.errors),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Of a fixed rate: less came. */
const KEPT_UP_MIN = 0.98;

/** Requests may be under way when a run ends: the origin's count and the client's differ. */
const FORWARDED_MIN = 0.99;

function toWarnings(line: Line): string[] {
  const warnings: string[] = [];
  if (line.rate > 0 && line.requestsPerSecond < line.rate * KEPT_UP_MIN) {
    warnings.push(`${line.contestant}: it did not keep up with the rate.`);
  }
  if (line.forwarded < FORWARDED_MIN) {
    warnings.push(`${line.contestant}: only ${toPercent(line.forwarded)} reached the origin.`);
  }
  return warnings;
}

function toRatios(lines: readonly Line[], pairs: readonly PairsOfKind[]): string[] {
  const titles = new Set(lines.map(titleOf));
  const ratios = compare(pairs.filter((each) => titles.has(titleOf(each))));
  if (ratios.length === 0) return [];
  return [
    "| requests for the same processor time | | between | goal | later | |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
    ...ratios.map(toRatioRow),
  ];
}

const isNoisy = (line: Line): boolean => line.noise > NOISE_MAX;

function toRatioRow({ of, to, middle, low, high, goal, later, verdict }: Ratio): string {
  const between = `${low.toFixed(2)} – ${high.toFixed(2)}`;
  return `| ${of} / ${to} | ${middle.toFixed(2)} | ${between} | ${goal} | ${later} | ${verdict} |`;
}

const toList = (facts: Readonly<Record<string, string>>): string[] =>
  Object.entries(facts).map(([name, fact]) => `- ${name}: ${fact}`);

const toPercent = (share: number): string => `${Math.round(share * 100)} %`;

const toThousands = (count: number): string => Math.round(count).toLocaleString("en-GB");

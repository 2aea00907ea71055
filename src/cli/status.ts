// `sluice status`: the state of a running proxy on one screen, faults first.

import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { harmless } from "../observe/plain-text.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { print, printJson } from "./client/print.ts";
import {
  amountText,
  bytesText,
  durationsSince,
  parseSeconds,
  quantileMs,
  rateOf,
  shareText,
} from "./client/rates.ts";
import { missingLines, STATUS, type Status } from "./client/usage-answers.ts";

interface StatusOptions extends ClientOptions {
  readonly over: number;
  readonly allNodes?: true;
}

export function statusCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("how the proxy does: what is wrong first, then figures; 1 if requests fail for it")
    .option("--over <seconds>", "for how long figures are taken", parseSeconds, 1)
    .option("--all-nodes", "of all proxies that share the store, not of the one that is asked")
    .action((options: StatusOptions) =>
      withClient(options, done, async (client) => {
        const query = { nodes: options.allNodes ? "all" : undefined };
        const call = { method: "GET", path: ["status"], query } as const;
        const { body: before } = await client.call(call, STATUS);
        const startedAtMs = performance.now();
        await sleep(options.over * 1000);
        const { body: after } = await client.call(call, STATUS);
        const seconds = (performance.now() - startedAtMs) / 1000;
        if (options.json) printJson({ before, after, seconds });
        else print(statusText(before, after, seconds));
        return after.faults.some(({ severity }) => severity === "error") ? 1 : 0;
      }),
    );
  return examples(command, [
    "sluice status",
    "sluice status --over 10",
    "sluice status --all-nodes",
    "sluice status --json | jq .after.faults",
  ]);
}

/** @param seconds  between the two */
export const statusText = (before: Status, after: Status, seconds: number): string =>
  [
    ...headLines(after),
    ...missingLines(after.nodes),
    ...["", ...faultLines(after), ""],
    ...figureLines(before, after, seconds),
  ].join("\n");

const answering = ({ nodes }: Status): string[] =>
  nodes.filter(({ reason }) => reason === "").map(({ name }) => name);

function headLines(status: Status): string[] {
  const { version, node, pid, ready, startedAt, ...of } = status;
  const all = answering(status);
  const process = `sluice ${version} on Node ${node}, process ${pid}`;
  const who = all.length > 1 ? harmless(`${all.length} proxies (${all.join(", ")})`) : process;
  const up = ageText(Date.now() - Date.parse(startedAt));
  return [
    `${who}: ${ready ? "ready" : "not ready"}, up ${up}`,
    `${of.workers} workers, ${of.tenants} tenants, ${of.isolates} isolates, ${of.cells} cells`,
    ...clusterLines(of.cluster ?? null),
  ];
}

/** `edge-1 of 3 proxies: 2 serving, 1 refused` */
function clusterLines(cluster: NonNullable<Status["cluster"]> | null): string[] {
  if (cluster === null) return [];
  const states = Object.entries(cluster.nodes).filter(([, count]) => count > 0);
  const all = states.reduce((sum, [, count]) => sum + count, 0);
  const words = states.map(([state, count]) => `${count} ${state}`).join(", ");
  return [`${cluster.name} of ${all} proxies: ${words}`];
}

function faultLines({ faults }: Status): string[] {
  if (faults.length === 0) return ["nothing is wrong"];
  return faults.map(({ severity, tenant, text, nodes }) => {
    const whose = tenant === null ? "" : `${tenant}: `;
    const where = nodes === undefined ? "" : harmless(` (${nodes.join(", ")})`);
    return `${severity === "error" ? "ERROR  " : "warning"}  ${whose}${text}${where}`;
  });
}

function figureLines(before: Status, after: Status, seconds: number): string[] {
  const isSame = before.pid === after.pid && before.startedAt === after.startedAt;
  if (!isSame) return ["the proxy was replaced in the meantime: no figures"];
  if (answering(before).join() !== answering(after).join()) {
    return ["other proxies answer than before: no figures"];
  }
  const rate = (name: "requests" | "bytesReceived" | "bytesSent" | "scriptMs"): number =>
    rateOf(before[name], after[name], seconds);
  const durations = durationsSince(before.durations, after.durations);
  const errors = shareText(after.errors - before.errors, after.requests - before.requests);
  const rows: readonly (readonly [string, string])[] = [
    ["requests/s", amountText(rate("requests"))],
    ["errors", errors],
    ["p50", durationText(quantileMs(durations, 0.5))],
    ["p99", durationText(quantileMs(durations, 0.99))],
    ["under way", amountText(after.requestsActive)],
    ["connections", amountText(after.connections)],
    ["received/s", bytesText(rate("bytesReceived"))],
    ["sent/s", bytesText(rate("bytesSent"))],
    ["script time", `${amountText(rate("scriptMs"))} ms/s`],
  ];
  const title = `in the last ${amountText(seconds)} s`;
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`)];
}

/** Bounds of a histogram's buckets: at most that. */
function durationText(ms: number | null): string {
  if (ms === null) return "-";
  return ms === Number.POSITIVE_INFINITY ? "over 30 s" : `<= ${amountText(ms)} ms`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
];

export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const unit = UNITS.findIndex(([, size]) => seconds >= size);
  if (unit === -1) return `${seconds} s`;
  const [name, size] = UNITS[unit] ?? ["s", 1];
  const [nextName, nextSize] = UNITS[unit + 1] ?? ["s", 1];
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)} ${name}${rest === 0 ? "" : ` ${rest} ${nextName}`}`;
}

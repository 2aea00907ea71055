// `sluice top`: what each tenant does a second, the busiest first, until it is interrupted.

import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type * as z from "zod";
import type { AdminClient } from "./client/admin-client.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { print, printJson, tableLines } from "./client/print.ts";
import { amountText, bytesText, parseSeconds, rateOf, shareText } from "./client/rates.ts";
import { missingLines, USAGE_OF_EACH } from "./client/usage-answers.ts";

const COLUMNS = {
  requests: "requests",
  errors: "errors",
  received: "bytesReceived",
  sent: "bytesSent",
  script: "scriptMs",
  log: "logBytes",
} as const;

interface TopOptions extends ClientOptions {
  readonly every: number;
  /** Left out: until it is interrupted. */
  readonly times?: number;
  readonly sort: keyof typeof COLUMNS;
  readonly byNode?: true;
  readonly thisNode?: true;
}

export function topCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("what each tenant does a second, the most of it first, until interrupted")
    .option("--every <seconds>", "between two tables", parseSeconds, 2)
    .option("--times <n>", "so many tables, then end (default: until interrupted)", parseTimes)
    .option("--by-node", "of several proxies that share a store: a row for each at each of them")
    .option("--this-node", "of several proxies that share a store only the one that is asked")
    .addOption(
      new Option("--sort <figure>", "the most of it first")
        .choices(Object.keys(COLUMNS))
        .default("requests"),
    )
    .action((options: TopOptions) =>
      withClient(options, done, async (client) => {
        let before = await readAll(client, options);
        const { times = Number.POSITIVE_INFINITY } = options;
        for (let shown = 0; shown < times; shown++) {
          await sleep(options.every * 1000);
          const after = await readAll(client, options);
          show(topRows(before, after, options), after, options);
          before = after;
        }
        return 0;
      }),
    );
  return examples(command, [
    "sluice top",
    "sluice top --sort script",
    "sluice top --by-node",
    "sluice top --times 1",
  ]);
}

type Tenants = z.output<typeof USAGE_OF_EACH>["tenants"];

/** What one proxy said. */
interface Reading {
  readonly since: string;
  readonly tenants: Tenants;
  readonly atMs: number;
}

export interface AllReadings {
  /** By id of the proxy; one that shares no store has none. */
  readonly byNode: ReadonlyMap<string, Reading & { readonly name: string }>;
  /** Those whose figures are not there, and why: a line of each. */
  readonly missing: readonly string[];
}

async function readAll(client: AdminClient, { thisNode }: TopOptions): Promise<AllReadings> {
  const query = { nodes: thisNode ? undefined : "each" };
  const call = { method: "GET", path: ["usage"], query } as const;
  const { since, tenants, nodes } = (await client.call(call, USAGE_OF_EACH)).body;
  const atMs = performance.now();
  const missing = missingLines(nodes);
  if (nodes.length === 0) {
    return { byNode: new Map([["", { name: "", since, tenants, atMs }]]), missing };
  }
  const parts = nodes.flatMap(({ id, name, ...part }) => {
    if (part.since === undefined || part.tenants === undefined) return [];
    return [[id, { name, since: part.since, tenants: part.tenants, atMs }] as const];
  });
  return { byNode: new Map(parts), missing };
}

type Rates = Readonly<Record<keyof typeof COLUMNS, number>>;

/** A second. */
export interface TenantRates extends Rates {
  readonly tenant: string;
}

export interface TopRow extends TenantRates {
  /** Where; left out: at all of them together. */
  readonly node?: string;
}

/** One that did not answer the last time has no row yet. */
export function topRows(
  before: AllReadings,
  after: AllReadings,
  { byNode }: Pick<TopOptions, "byNode">,
): readonly TopRow[] {
  const all = [...after.byNode].flatMap(([id, reading]) => {
    const earlier = before.byNode.get(id);
    if (earlier === undefined) return [];
    return ratesOf(earlier, reading).map((rates) => ({ ...rates, node: reading.name }));
  });
  if (byNode) return all;
  return [...Map.groupBy(all, ({ tenant }) => tenant)].map(([tenant, parts]) => {
    const sum = (name: keyof Rates): number => parts.reduce((total, one) => total + one[name], 0);
    const [requests, errors, received] = [sum("requests"), sum("errors"), sum("received")];
    const [sent, script, log] = [sum("sent"), sum("script"), sum("log")];
    return { tenant, requests, errors, received, sent, script, log };
  });
}

/** A tenant that has come since counts from 0; so do all after a restart. */
export function ratesOf(before: Reading, after: Reading): TenantRates[] {
  const seconds = (after.atMs - before.atMs) / 1000;
  const isSame = before.since === after.since;
  const earlier = new Map(isSame ? before.tenants.map((one) => [one.tenant, one]) : []);
  return after.tenants.map((now) => {
    const was = earlier.get(now.tenant);
    const rate = (name: keyof Rates): number =>
      rateOf(was?.[COLUMNS[name]] ?? 0, now[COLUMNS[name]], seconds);
    const [requests, errors, received] = [rate("requests"), rate("errors"), rate("received")];
    const [sent, script, log] = [rate("sent"), rate("script"), rate("log")];
    return { tenant: now.tenant, requests, errors, received, sent, script, log };
  });
}

const HEAD = ["TENANT", "REQUESTS/S", "ERRORS", "RECEIVED/S", "SENT/S", "SCRIPT MS/S", "LOG/S"];

function show(
  rates: readonly TopRow[],
  { missing }: AllReadings,
  { sort, json, byNode }: TopOptions,
): void {
  const sorted = rates.toSorted((one, two) => two[sort] - one[sort]);
  if (json) return printJson(sorted);
  const { isTTY, rows, columns } = process.stdout;
  const head = byNode ? ["NODE", ...HEAD] : HEAD;
  const cells = sorted.map((one) => (byNode ? [one.node ?? "", ...rowOf(one)] : rowOf(one)));
  const lines = [...missing, ...tableLines([head, ...cells], columns)];
  // on a terminal each table takes the place of the last one, and no more than there is room for
  if (isTTY) process.stdout.write(CLEAR);
  print((isTTY ? lines.slice(0, rows - 1) : lines).join("\n"));
}

/** ECMA-48: cursor home, then erase what is below it. */
const CLEAR = "\u001b[H\u001b[J";

const rowOf = ({
  tenant,
  requests,
  errors,
  received,
  sent,
  script,
  log,
}: TenantRates): string[] => [
  tenant,
  amountText(requests),
  shareText(errors, requests),
  bytesText(received),
  bytesText(sent),
  amountText(script),
  bytesText(log),
];

const TIMES_MAX = 100_000;

function parseTimes(text: string): number {
  const times = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (times >= 1 && times <= TIMES_MAX) return times;
  throw new InvalidArgumentError(`Expected an integer from 1 to ${TIMES_MAX}.`);
}

// `sluice top`: what each tenant does a second, the busiest first, until it is interrupted.

import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type * as z from "zod";
import { USAGE_OF_ALL } from "./client/answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { print, printJson, tableLines } from "./client/print.ts";
import { amountText, bytesText, parseSeconds, rateOf, shareText } from "./client/rates.ts";

type UsageOfAll = z.output<typeof USAGE_OF_ALL>;

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
  readonly times: number;
  readonly sort: keyof typeof COLUMNS;
}

export function topCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("what each tenant does a second, the most of it first, until interrupted")
    .option("--every <seconds>", "between two tables", parseSeconds, 2)
    .option("--times <n>", "so many tables, then end", parseTimes, Number.POSITIVE_INFINITY)
    .addOption(
      new Option("--sort <figure>", "the most of it first")
        .choices(Object.keys(COLUMNS))
        .default("requests"),
    )
    .action((options: TopOptions) =>
      withClient(options, done, async (client) => {
        const read = async (): Promise<Reading> => {
          const { body } = await client.call({ method: "GET", path: ["usage"] }, USAGE_OF_ALL);
          return { ...body, atMs: performance.now() };
        };
        let before = await read();
        for (let shown = 0; shown < options.times; shown++) {
          await sleep(options.every * 1000);
          const after = await read();
          show(ratesOf(before, after), options);
          before = after;
        }
        return 0;
      }),
    );
  return examples(command, ["sluice top", "sluice top --sort script", "sluice top --times 1"]);
}

interface Reading extends UsageOfAll {
  readonly atMs: number;
}

/** A second. */
export interface TenantRates extends Readonly<Record<keyof typeof COLUMNS, number>> {
  readonly tenant: string;
}

/** A tenant that has come since counts from 0; so do all after a restart. */
export function ratesOf(before: Reading, after: Reading): TenantRates[] {
  const seconds = (after.atMs - before.atMs) / 1000;
  const isSame = before.since === after.since;
  const earlier = new Map(isSame ? before.tenants.map((one) => [one.tenant, one]) : []);
  return after.tenants.map((now) => {
    const was = earlier.get(now.tenant);
    const rate = (name: keyof typeof COLUMNS): number =>
      rateOf(was?.[COLUMNS[name]] ?? 0, now[COLUMNS[name]], seconds);
    const [requests, errors, received] = [rate("requests"), rate("errors"), rate("received")];
    const [sent, script, log] = [rate("sent"), rate("script"), rate("log")];
    return { tenant: now.tenant, requests, errors, received, sent, script, log };
  });
}

const HEAD = ["TENANT", "REQUESTS/S", "ERRORS", "RECEIVED/S", "SENT/S", "SCRIPT MS/S", "LOG/S"];

function show(rates: readonly TenantRates[], { sort, json }: TopOptions): void {
  const sorted = rates.toSorted((one, two) => two[sort] - one[sort]);
  if (json) return printJson(sorted);
  const { isTTY, rows, columns } = process.stdout;
  const lines = tableLines([HEAD, ...sorted.map(rowOf)], columns);
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

// `sluice tenant usage`: what one tenant has used since the proxy started, or each of them.

import { type Command, Option } from "commander";
import type * as z from "zod";
import { harmless } from "../observe/plain-text.ts";
import { printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { printJson, printTable } from "./client/print.ts";
import { USAGE, USAGE_OF_ALL } from "./client/usage-answers.ts";

interface Options extends ClientOptions {
  readonly thisNode?: true;
  readonly sort: Column;
}

type Usage = z.output<typeof USAGE>;
type UsageOfAll = z.output<typeof USAGE_OF_ALL>;

/** What one sorts by, and the figure that it is. */
const COLUMNS = {
  requests: "requests",
  errors: "errors",
  received: "bytesReceived",
  sent: "bytesSent",
  script: "scriptMs",
  "host-calls": "hostCalls",
  log: "logBytes",
} as const satisfies Record<string, keyof Omit<Usage, "nodes">>;

type Column = keyof typeof COLUMNS;

export function usageCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("usage"))
    .description("what a tenant has used since the proxy started, or each of them")
    .argument("[name]", "whose (default: all, for operators)")
    .addOption(
      new Option("--sort <figure>", "of all: the most of it first")
        .choices(Object.keys(COLUMNS))
        .default("script"),
    )
    .option("--this-node", "of several proxies that share a store only the one that is asked")
    .action((name: string | undefined, options: Options) =>
      withClient(options, done, async (client) => {
        const query = { nodes: options.thisNode ? undefined : "all" };
        if (name === undefined) {
          const { body } = await client.call(
            { method: "GET", path: ["usage"], query },
            USAGE_OF_ALL,
          );
          printAll(body, options);
          return warnOfMissing(body);
        }
        const path = ["tenants", name, "usage"];
        const { body } = await client.call({ method: "GET", path, query }, USAGE);
        printAnswer(options, body, usageText(body));
        return warnOfMissing(body);
      }),
    );
  examples(command, ["sluice tenant usage shop --json", "sluice tenant usage --sort errors"]);
}

/** Results in the exit status: a bill must not be made of less than all. */
function warnOfMissing({ nodes }: Pick<Usage, "nodes">): number {
  const missing = nodes.filter(({ reason }) => reason !== "");
  for (const { name, reason } of missing) {
    process.stderr.write(harmless(`sluice: without the figures of ${name}: ${reason}\n`));
  }
  return missing.length === 0 ? 0 : 1;
}

const usageText = (usage: Usage): string =>
  [
    `since ${usage.since}`,
    `requests        ${usage.requests}`,
    `errors          ${usage.errors}`,
    `bytes received  ${usage.bytesReceived}`,
    `bytes sent      ${usage.bytesSent}`,
    `script time     ${usage.scriptMs} ms`,
    `host calls      ${usage.hostCalls}`,
    `log bytes       ${usage.logBytes}`,
  ].join("\n");

function printAll({ since, tenants, nodes }: UsageOfAll, { sort, json }: Options): void {
  const figure = COLUMNS[sort];
  const sorted = tenants.toSorted((one, two) => two[figure] - one[figure]);
  if (json) return printJson({ since, tenants: sorted, nodes });
  const head = [
    "TENANT",
    "REQUESTS",
    "ERRORS",
    "RECEIVED",
    "SENT",
    "SCRIPT MS",
    "HOST CALLS",
    "LOG",
  ];
  const rows = sorted.map(({ tenant, ...used }) => [
    tenant,
    ...Object.values(COLUMNS).map((name) => String(used[name])),
  ]);
  printTable(head, rows, "no tenants");
}

// `sluice tenant usage`: what one tenant has used since the proxy started, or each of them.

import { type Command, Option } from "commander";
import type * as z from "zod";
import { USAGE, USAGE_OF_ALL } from "./client/answers.ts";
import { printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { printJson, printTable } from "./client/print.ts";

interface Options extends ClientOptions {
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
} as const satisfies Record<string, keyof Usage>;

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
    .action((name: string | undefined, options: Options) =>
      withClient(options, done, async (client) => {
        const path = name === undefined ? ["usage"] : ["tenants", name, "usage"];
        if (name === undefined) {
          const { body } = await client.call({ method: "GET", path }, USAGE_OF_ALL);
          printAll(body, options);
          return 0;
        }
        const { body } = await client.call({ method: "GET", path }, USAGE);
        printAnswer(options, body, usageText(body));
        return 0;
      }),
    );
  examples(command, ["sluice tenant usage shop --json", "sluice tenant usage --sort errors"]);
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

function printAll({ since, tenants }: UsageOfAll, { sort, json }: Options): void {
  const figure = COLUMNS[sort];
  const sorted = tenants.toSorted((one, two) => two[figure] - one[figure]);
  if (json) return printJson({ since, tenants: sorted });
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

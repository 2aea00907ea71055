// `sluice deployments`: the history of a tenant's script, one version of it, and what serves now.

import type { Command } from "commander";
import * as z from "zod";
import type { AdminClient } from "./client/admin-client.ts";
import { DEPLOYMENT, DEPLOYMENTS, type Deployment, TRAFFIC } from "./client/answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
} from "./client/options.ts";
import { print, printJson, printTable, timeText } from "./client/print.ts";
import { parseVersion } from "./rollback.ts";
import { trafficText } from "./traffic.ts";

export function deploymentsCommand(command: Command, done: Done): Command {
  group(command, "versions of a tenant's script: list, view, status");
  examples(command, [
    "sluice deployments list --tenant shop",
    "sluice deployments view 7 --tenant shop",
    "sluice deployments status --tenant shop",
  ]);
  listCommand(command, done);
  viewCommand(command, done);
  statusCommand(command, done);
  return command;
}

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("the history, the newest first")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "deployments"];
        const { body } = await client.call({ method: "GET", path }, DEPLOYMENTS);
        if (options.json) printJson(body);
        else {
          const head = ["VERSION", "STATE", "CREATED", "ORIGIN", "AUTHOR", "MESSAGE"];
          printTable(head, body.deployments.map(rowOf), "no deployments");
        }
        return 0;
      }),
    );
  examples(command, ["sluice deployments list --tenant shop --json"]);
}

const rowOf = (one: Deployment): string[] => [
  String(one.version),
  one.state,
  timeText(one.createdAtMs),
  one.origin,
  one.author,
  one.message,
];

/** With the sources, if it was uploaded as files. */
const VIEW = DEPLOYMENT.extend({ files: z.record(z.string(), z.string()).optional() });

function viewCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("view"))
    .description("one version, with its sources")
    .argument("<version>", "its number", parseVersion)
    .action((version: number, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "deployments", String(version)];
        const { body } = await client.call({ method: "GET", path }, VIEW);
        if (options.json) printJson(body);
        else printView(body);
        return 0;
      }),
    );
  examples(command, ["sluice deployments view 7 --tenant shop"]);
}

function printView(one: z.output<typeof VIEW>): void {
  const facts: readonly (readonly [string, string])[] = [
    ["version", String(one.version)],
    ["state", one.reason === "" ? one.state : `${one.state}: ${one.reason}`],
    ["created", timeText(one.createdAtMs)],
    ["origin", one.origin],
    ["author", one.author],
    ["message", one.message],
    ["hooks", one.hooks.join(", ")],
    ["bundle", `${one.bytes} bytes, sha256 ${one.sha256}`],
  ];
  for (const [name, value] of facts) print(`${`${name}:`.padEnd(9)}${value}`);
  for (const [name, source] of Object.entries(one.files ?? {})) print(`\n--- ${name}\n${source}`);
}

function statusCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("status"))
    .description("which versions serve now, and the newest one")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const status = await statusOf(client, options.tenant);
        if (options.json) printJson(status);
        else {
          print(trafficText(status.versions));
          const { newest } = status;
          if (newest !== null) print(`newest: version ${newest.version}, ${stateOf(newest)}`);
        }
        return 0;
      }),
    );
  examples(command, ["sluice deployments status --tenant shop"]);
}

const stateOf = ({ state, reason }: Deployment): string =>
  reason === "" ? state : `${state}: ${reason}`;

async function statusOf(client: AdminClient, tenant: string) {
  const ofTenant = ["tenants", tenant];
  const traffic = await client.call({ method: "GET", path: [...ofTenant, "traffic"] }, TRAFFIC);
  const path = [...ofTenant, "deployments"];
  const history = await client.call({ method: "GET", path }, DEPLOYMENTS);
  return { versions: traffic.body.versions, newest: history.body.deployments[0] ?? null };
}

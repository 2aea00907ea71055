// `sluice deployments`: the history of a tenant's script, one version of it, and what serves now.

import { type Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import type { AdminClient } from "./client/admin-client.ts";
import {
  DEPLOYMENT,
  DEPLOYMENTS,
  type Deployment,
  ENABLED,
  PASS,
  TRAFFIC,
} from "./client/answers.ts";
import { listing, printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
} from "./client/options.ts";
import { print, printJson, timeText } from "./client/print.ts";
import { parseVersion } from "./rollback.ts";
import { trafficText } from "./traffic.ts";

export function deploymentsCommand(command: Command, done: Done): Command {
  group(command, "versions of a tenant's script: list, view, status, pass, enable");
  examples(command, [
    "sluice deployments list --tenant shop",
    "sluice deployments view 7 --tenant shop",
    "sluice deployments status --tenant shop",
  ]);
  listCommand(command, done);
  viewCommand(command, done);
  statusCommand(command, done);
  passCommand(command, done);
  enableCommand(command, done);
  return command;
}

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("the history, the newest first")
    .action(
      listing(done, {
        path: ({ tenant }) => ["tenants", tenant, "deployments"],
        schema: DEPLOYMENTS,
        head: ["VERSION", "STATE", "SHARE", "CREATED", "FROM", "AUTHOR", "MESSAGE"],
        rows: ({ deployments }) => deployments.map(rowOf),
        none: "no deployments",
      }),
    );
  examples(command, ["sluice deployments list --tenant shop --json"]);
}

const rowOf = (one: Deployment): string[] => [
  String(one.version),
  one.breaker === "closed" ? one.state : `${one.state}, breaker ${one.breaker}`,
  one.percent === null ? "" : `${one.percent} %`,
  timeText(Date.parse(one.createdAt)),
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
      }),
    );
  examples(command, ["sluice deployments view 7 --tenant shop"]);
}

function printView(one: z.output<typeof VIEW>): void {
  const facts: readonly (readonly [string, string])[] = [
    ["version", String(one.version)],
    ["state", one.reason === "" ? one.state : `${one.state}: ${one.reason}`],
    ["created", timeText(Date.parse(one.createdAt))],
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
          const breaker = status.processes?.breaker ?? "closed";
          if (breaker !== "closed") print(`its processes: breaker ${breaker}`);
        }
      }),
    );
  examples(command, ["sluice deployments status --tenant shop"]);
}

const stateOf = ({ state, reason, breaker }: Deployment): string => {
  const why = reason === "" ? state : `${state}: ${reason}`;
  return breaker === "closed" ? why : `${why}, breaker ${breaker}`;
};

async function statusOf(client: AdminClient, tenant: string) {
  const ofTenant = ["tenants", tenant];
  const traffic = await client.call({ method: "GET", path: [...ofTenant, "traffic"] }, TRAFFIC);
  const path = [...ofTenant, "deployments"];
  const history = await client.call({ method: "GET", path }, DEPLOYMENTS);
  const { deployments, processes = null } = history.body;
  return { versions: traffic.body.versions, newest: deployments[0] ?? null, processes };
}

function passCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("pass"))
    .description("a header with which a tester gets this version, whatever its share")
    .argument("<version>", "its number", parseVersion)
    .option("--hours <n>", "how long it is valid (default: 24)", parseHours)
    .action((version: number, options: ClientOptions & { readonly hours?: number }) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "deployments", String(version), "pass"];
        const { hours } = options;
        const request = hours === undefined ? {} : { validS: hours * 3_600 };
        const { body } = await client.call({ method: "POST", path, body: request }, PASS);
        printAnswer(options, body, `${body.header}: ${body.value}`);
      }),
    );
  examples(command, ['curl -H "$(sluice deployments pass 8 --tenant shop)" https://shop.example/']);
}

function enableCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("enable"))
    .description("take back into service what is disabled, or what a breaker keeps out")
    .argument("[version]", "its number (default: the newest that is out of service)", parseVersion)
    .action((version: number | undefined, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "enable"];
        const { body } = await client.call({ method: "POST", path, body: { version } }, ENABLED);
        printAnswer(options, body, `version ${body.version} of ${options.tenant} is enabled`);
      }),
    );
  examples(command, ["sluice deployments enable 8 --tenant shop"]);
}

const HOURS_MAX = 720;

function parseHours(text: string): number {
  const hours = Number(text);
  if (/^\d{1,3}$/.test(text) && hours >= 1 && hours <= HOURS_MAX) return hours;
  throw new InvalidArgumentError(`Expected hours from 1 to ${HOURS_MAX}.`);
}

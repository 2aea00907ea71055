// `sluice tenant`: tenants of a running proxy, one at a time; `sluice apply` does many.

import { type Command, InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { NOTHING, TENANT, TENANTS } from "./client/answers.ts";
import { deletion, listing, printAnswer } from "./client/collection.ts";
import { mappingOf, readDocument } from "./client/input.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withAdmin,
  withClient,
  withYes,
} from "./client/options.ts";
import { limitsCommand } from "./tenant-limits.ts";
import { usageCommand } from "./tenant-usage.ts";

export function tenantCommand(command: Command, done: Done): Command {
  group(command, "tenants: list, get, put, delete, usage, limits, suspend, resume");
  examples(command, [
    "sluice tenant list",
    "sluice tenant put shop -f shop.yaml",
    "sluice tenant get shop",
  ]);
  listCommand(command, done);
  getCommand(command, done);
  putCommand(command, done);
  deleteCommand(command, done);
  usageCommand(command, done);
  limitsCommand(command, done);
  stateCommand(command, done, "suspend");
  stateCommand(command, done, "resume");
  return command;
}

function listCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("list"))
    .description("all tenants, those of sluice.yaml too")
    .action(
      listing(done, {
        path: () => ["tenants"],
        schema: TENANTS,
        head: ["NAME", "FROM", "REVISION", "STATE", "HOSTS", "WHY"],
        rows: ({ tenants }) =>
          tenants.map(({ hosts, ...tenant }) => [
            ...[tenant.name, tenant.origin, String(tenant.revision ?? "")],
            ...[stateText(tenant), hosts.join(" "), tenant.reason ?? ""],
          ]),
        none: "no tenants",
      }),
    );
  examples(command, ["sluice tenant list --json"]);
}

function getCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("get"))
    .description("the settings of a tenant, as YAML that `put` takes")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const { body } = await client.call({ method: "GET", path: ["tenants", name] }, TENANT);
        const { settings, revision, suspended } = body;
        const notes = [
          ...(revision === null ? [] : [`# revision ${revision}\n`]),
          ...(suspended ? ["# suspended: every request is answered with 503\n"] : outNotes(body)),
        ];
        printAnswer(options, body, `${notes.join("")}${stringify(settings).trimEnd()}`);
      }),
    );
  examples(command, ["sluice tenant get shop > shop.yaml"]);
}

interface StateAnswer {
  readonly suspended: boolean;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
}

const stateText = ({ suspended, state }: StateAnswer): string =>
  (state ?? (suspended ? "suspended" : "serves")).replaceAll("-", " ");

/** A line that YAML passes over, where the tenant does not serve. */
function outNotes(tenant: StateAnswer): string[] {
  const text = stateText(tenant);
  if (text === "serves") return [];
  return [`# ${text}: ${(tenant.reason ?? "").replaceAll("\n", " ")}\n`];
}

interface PutOptions extends ClientOptions {
  readonly file: string;
  readonly ifMatch?: string;
}

function putCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("put"))
    .description("make a tenant, or replace its settings")
    .argument("<name>")
    .requiredOption("-f, --file <file>", "settings as YAML or JSON; - is standard input")
    .option("--if-match <revision>", "only if that is its revision still", parseRevision)
    .action((name: string, options: PutOptions) =>
      withClient(options, done, async (client) => {
        const settings = mappingOf(await readDocument(options.file), options.file);
        const { ifMatch } = options;
        const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
        const call = { method: "PUT", path: ["tenants", name], body: settings, headers } as const;
        const { body } = await client.call(call, TENANT);
        printAnswer(options, body, `tenant ${name} serves, revision ${body.revision}`);
      }),
    );
  examples(command, [
    "sluice tenant put shop -f shop.yaml",
    "sluice tenant put shop -f shop.yaml --if-match 3",
    "sluice tenant put shop -f - < x.json",
  ]);
}

function deleteCommand(parent: Command, done: Done): void {
  const command = withYes(withAdmin(parent.command("delete")))
    .description("remove a tenant, with its history, flags, secrets and counters")
    .argument("<name>")
    .action(
      deletion(done, (name) => ({
        path: ["tenants", name],
        question: `Delete the tenant ${name} and all that it has?`,
        told: `tenant ${name} is deleted`,
        json: { deleted: name },
      })),
    );
  examples(command, ["sluice tenant delete shop --yes"]);
}

/** Also as the admin API writes it, `"3"`. */
function parseRevision(text: string): string {
  const [, digits] = /^"?(\d{1,15})"?$/.exec(text) ?? [];
  if (digits !== undefined) return `"${digits}"`;
  throw new InvalidArgumentError("Expected the number that `sluice tenant get` shows.");
}

const STATES = {
  suspend: { about: "answer every request of a tenant with 503", is: "suspended" },
  resume: { about: "serve a suspended tenant again", is: "served again" },
} as const;

function stateCommand(parent: Command, done: Done, state: keyof typeof STATES): void {
  const { about, is } = STATES[state];
  const command = withAdmin(parent.command(state))
    .description(about)
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", name, state];
        const { body } = await client.call({ method: "POST", path }, NOTHING);
        printAnswer(options, body, `tenant ${name} is ${is}`);
      }),
    );
  examples(command, [`sluice tenant ${state} shop`]);
}

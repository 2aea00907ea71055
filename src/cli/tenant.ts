// `sluice tenant`: tenants of a running proxy, one at a time; `sluice apply` does many.

import type { Command } from "commander";
import { stringify } from "yaml";
import { NOTHING, TENANT, TENANTS, USAGE } from "./client/answers.ts";
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
import { print, printJson, printTable } from "./client/print.ts";
import { confirm } from "./client/terminal.ts";

export function tenantCommand(command: Command, done: Done): Command {
  group(command, "tenants: list, get, put, delete, usage, suspend, resume");
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
  stateCommand(command, done, "suspend");
  stateCommand(command, done, "resume");
  return command;
}

function listCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("list"))
    .description("all tenants, those of sluice.yaml too")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const { body } = await client.call({ method: "GET", path: ["tenants"] }, TENANTS);
        if (options.json) printJson(body);
        else {
          const rows = body.tenants.map(({ name, origin, hosts }) => {
            return [name, origin, hosts.join(" ")];
          });
          printTable(["NAME", "FROM", "HOSTS"], rows, "no tenants");
        }
        return 0;
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
        if (options.json) printJson(body);
        else print(stringify(body.settings).trimEnd());
        return 0;
      }),
    );
  examples(command, ["sluice tenant get shop > shop.yaml"]);
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
    .option("--if-match <etag>", "only if it is as it was when that ETag came")
    .action((name: string, options: PutOptions) =>
      withClient(options, done, async (client) => {
        const settings = mappingOf(await readDocument(options.file), options.file);
        const { ifMatch } = options;
        const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
        const call = { method: "PUT", path: ["tenants", name], body: settings, headers } as const;
        const { body } = await client.call(call, TENANT);
        if (options.json) printJson(body);
        else print(`tenant ${name} serves, revision ${body.revision}`);
        return 0;
      }),
    );
  examples(command, [
    "sluice tenant put shop -f shop.yaml",
    "sluice tenant put shop -f - < x.json",
  ]);
}

function deleteCommand(parent: Command, done: Done): void {
  const command = withYes(withAdmin(parent.command("delete")))
    .description("remove a tenant, with its history, flags, secrets and counters")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const question = `Delete the tenant ${name} and all that it has?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        await client.call({ method: "DELETE", path: ["tenants", name] }, NOTHING);
        if (options.json) printJson({ deleted: name });
        else print(`tenant ${name} is deleted`);
        return 0;
      }),
    );
  examples(command, ["sluice tenant delete shop --yes"]);
}

function usageCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("usage"))
    .description("what a tenant has used since the proxy started")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", name, "usage"];
        const { body } = await client.call({ method: "GET", path }, USAGE);
        if (options.json) printJson(body);
        else {
          const { since, requests, bytesReceived, bytesSent, scriptMs, hostCalls } = body;
          print(`since ${since}`);
          print(`requests        ${requests}`);
          print(`bytes received  ${bytesReceived}`);
          print(`bytes sent      ${bytesSent}`);
          print(`script time     ${scriptMs} ms`);
          print(`host calls      ${hostCalls}`);
        }
        return 0;
      }),
    );
  examples(command, ["sluice tenant usage shop --json"]);
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
        if (options.json) printJson(body);
        else print(`tenant ${name} is ${is}`);
        return 0;
      }),
    );
  examples(command, [`sluice tenant ${state} shop`]);
}

// `sluice flag`: feature flags, which scripts read without a deployment. A value is JSON; what is
// no JSON is text.

import type { Command } from "commander";
import { FLAG, FLAGS, NOTHING } from "./client/answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
  withYes,
} from "./client/options.ts";
import { print, printJson, printTable, timeText } from "./client/print.ts";
import { confirm } from "./client/terminal.ts";

export function flagCommand(command: Command, done: Done): Command {
  group(command, "feature flags of a tenant: put, get, list, delete");
  examples(command, [
    "sluice flag put checkout true --tenant shop",
    'sluice flag put banner \'{"text": "Sale"}\' --tenant shop',
    "sluice flag list --tenant shop",
  ]);
  putCommand(command, done);
  getCommand(command, done);
  listCommand(command, done);
  deleteCommand(command, done);
  return command;
}

function putCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("put"))
    .description("set a flag: every worker sees it within a second")
    .argument("<name>")
    .argument("<value>", "JSON, or else text")
    .action((name: string, value: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "flags", name];
        const body = { value: jsonOrText(value) };
        const answer = await client.call({ method: "PUT", path, body }, NOTHING);
        if (options.json) printJson(answer.body);
        else print(`flag ${name} of ${options.tenant} is ${JSON.stringify(body.value)}`);
        return 0;
      }),
    );
  examples(command, ["sluice flag put checkout true --tenant shop"]);
}

function getCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("get"))
    .description("the value of a flag, as JSON")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "flags"];
        const { body } = await client.call({ method: "GET", path }, FLAGS);
        const flag = body.flags.find((one) => one.name === name);
        if (flag === undefined) throw new Error(`tenant ${options.tenant} has no flag ${name}`);
        printJson(options.json ? FLAG.parse(flag) : flag.value);
        return 0;
      }),
    );
  examples(command, ["sluice flag get checkout --tenant shop"]);
}

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("all flags")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "flags"];
        const { body } = await client.call({ method: "GET", path }, FLAGS);
        if (options.json) printJson(body);
        else {
          const rows = body.flags.map(({ name, value, changedAtMs }) => {
            return [name, JSON.stringify(value), timeText(changedAtMs)];
          });
          printTable(["NAME", "VALUE", "CHANGED"], rows, "no flags");
        }
        return 0;
      }),
    );
  examples(command, ["sluice flag list --tenant shop"]);
}

function deleteCommand(parent: Command, done: Done): void {
  const command = withYes(withTenant(parent.command("delete")))
    .description("delete a flag: scripts get their fallback")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const question = `Delete the flag ${name} of ${options.tenant}?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        const path = ["tenants", options.tenant, "flags", name];
        await client.call({ method: "DELETE", path }, NOTHING);
        if (options.json) printJson({ deleted: name });
        else print(`flag ${name} of ${options.tenant} is deleted`);
        return 0;
      }),
    );
  examples(command, ["sluice flag delete checkout --tenant shop --yes"]);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// `sluice secret`: values go in from standard input or a prompt, never by the command line, where
// every user of the machine can read them; nothing ever brings them out again.

import type { Command } from "commander";
import { NOTHING, SECRETS } from "./client/answers.ts";
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
import { confirm, readSecret } from "./client/terminal.ts";

export function secretCommand(command: Command, done: Done): Command {
  group(command, "secrets of a tenant's scripts: put, list, delete");
  examples(command, [
    "sluice secret put api-key --tenant shop           asks for the value",
    "sluice secret put api-key --tenant shop < key.txt",
    "sluice secret list --tenant shop",
  ]);
  putCommand(command, done);
  listCommand(command, done);
  deleteCommand(command, done);
  return command;
}

function putCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("put"))
    .description("set a secret, from standard input or a prompt")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const value = await readSecret(`Value of ${name}`);
        if (value === "") throw new Error("Cannot set the secret: expected a value, got nothing");
        const path = ["tenants", options.tenant, "secrets", name];
        const { body } = await client.call({ method: "PUT", path, body: { value } }, NOTHING);
        if (options.json) printJson(body);
        else print(`secret ${name} of ${options.tenant} is set`);
        return 0;
      }),
    );
  examples(command, ['printf %s "$KEY" | sluice secret put api-key --tenant shop']);
}

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("names of the secrets, never their values")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "secrets"];
        const { body } = await client.call({ method: "GET", path }, SECRETS);
        if (options.json) printJson(body);
        else {
          const rows = body.secrets.map(({ name, changedAtMs }) => [name, timeText(changedAtMs)]);
          printTable(["NAME", "CHANGED"], rows, "no secrets");
        }
        return 0;
      }),
    );
  examples(command, ["sluice secret list --tenant shop --json"]);
}

function deleteCommand(parent: Command, done: Done): void {
  const command = withYes(withTenant(parent.command("delete")))
    .description("delete a secret")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const question = `Delete the secret ${name} of ${options.tenant}?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        const path = ["tenants", options.tenant, "secrets", name];
        await client.call({ method: "DELETE", path }, NOTHING);
        if (options.json) printJson({ deleted: name });
        else print(`secret ${name} of ${options.tenant} is deleted`);
        return 0;
      }),
    );
  examples(command, ["sluice secret delete api-key --tenant shop --yes"]);
}

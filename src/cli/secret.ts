// `sluice secret`: values go in from standard input or a prompt, never by the command line, where
// every user of the machine can read them; nothing ever brings them out again.

import type { Command } from "commander";
import { SECRET } from "./client/answers.ts";
import { type ClientOptions, type Done, examples, group } from "./client/options.ts";
import { timeText } from "./client/print.ts";
import { ValueCommands } from "./client/tenant-values.ts";
import { readSecret } from "./client/terminal.ts";

export function secretCommand(command: Command, done: Done): Command {
  group(command, "secrets of a tenant's scripts: put, list, delete");
  examples(command, [
    "sluice secret put api-key --tenant shop           asks for the value",
    "sluice secret put api-key --tenant shop < key.txt",
    "sluice secret list --tenant shop",
  ]);
  const secrets = new ValueCommands(command, done, {
    noun: "secret",
    example: "api-key",
    schema: SECRET,
    columns: {
      NAME: ({ name }) => name,
      CHANGED: ({ changedAtMs }) => timeText(changedAtMs),
    },
  });
  secrets
    .put(
      "set a secret, from standard input or a prompt",
      'printf %s "$KEY" | sluice secret put api-key --tenant shop',
    )
    .action(async (name: string, options: ClientOptions) => {
      const value = await readSecret(`Value of ${name}`);
      if (value === "") throw new Error("Cannot set the secret: expected a value, got nothing");
      await secrets.set(options, { name, value, is: "set" });
    });
  secrets.list("names of the secrets, never their values");
  secrets.delete("delete a secret");
  return command;
}

// `sluice flag`: feature flags, which scripts read without a deployment. A value is JSON; what is
// no JSON is text.

import type { Command } from "commander";
import { FLAG } from "./client/answers.ts";
import { type ClientOptions, type Done, examples, group } from "./client/options.ts";
import { timeText } from "./client/print.ts";
import { ValueCommands } from "./client/tenant-values.ts";

export function flagCommand(command: Command, done: Done): Command {
  group(command, "feature flags of a tenant: put, get, list, delete");
  examples(command, [
    "sluice flag put checkout true --tenant shop",
    'sluice flag put banner \'{"text": "Sale"}\' --tenant shop',
    "sluice flag list --tenant shop",
  ]);
  const flags = new ValueCommands(command, done, {
    noun: "flag",
    example: "checkout",
    schema: FLAG,
    columns: {
      NAME: ({ name }) => name,
      VALUE: ({ value }) => JSON.stringify(value),
      CHANGED: ({ changedAtMs }) => timeText(changedAtMs),
    },
  });
  flags
    .put(
      "set a flag: every worker sees it within a second",
      "sluice flag put checkout true --tenant shop",
    )
    .argument("<value>", "JSON, or else text", jsonOrText)
    .action((name: string, value: unknown, options: ClientOptions) =>
      flags.set(options, { name, value, is: JSON.stringify(value) }),
    );
  flags.get("the value of a flag, as JSON", ({ value }) => JSON.stringify(value, null, 2));
  flags.list("all flags");
  flags.delete("delete a flag: scripts get their fallback");
  return command;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

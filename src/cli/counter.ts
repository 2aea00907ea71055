// `sluice counter`: the counters of a tenant's scripts, read, set and deleted.

import { type Command, InvalidArgumentError } from "commander";
import { COUNTER } from "./client/answers.ts";
import { type ClientOptions, type Done, examples, group } from "./client/options.ts";
import { ValueCommands } from "./client/tenant-values.ts";

export function counterCommand(command: Command, done: Done): Command {
  group(command, "counters of a tenant's scripts: put, get, list, delete");
  examples(command, [
    "sluice counter list --tenant shop",
    "sluice counter put requests 0 --tenant shop",
    "sluice counter delete old-requests --tenant shop --yes",
  ]);
  const counters = new ValueCommands(command, done, {
    noun: "counter",
    example: "requests",
    schema: COUNTER,
    columns: {
      NAME: ({ name }) => name,
      VALUE: ({ value }) => String(value),
      SCOPE: ({ scope }) => scope,
    },
  });
  counters
    .put("set a counter", "sluice counter put requests 0 --tenant shop")
    .argument("<value>", "an integer", parseCount)
    .action((name: string, value: number, options: ClientOptions) =>
      counters.set(options, { name, value, is: String(value) }),
    );
  counters.get("the value of a counter", ({ value }) => String(value));
  counters.list("all counters");
  counters.delete(
    "delete a counter: room for another; a script that runs counts on from 0. One of scope " +
      "cluster is set to 0 at all proxies",
  );
  return command;
}

function parseCount(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`Expected an integer, at most ${Number.MAX_SAFE_INTEGER}.`);
}

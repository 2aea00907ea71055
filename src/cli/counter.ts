// `sluice counter`: the counters of a tenant's scripts, read and set.

import { type Command, InvalidArgumentError } from "commander";
import { COUNTERS, NOTHING } from "./client/answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
} from "./client/options.ts";
import { print, printJson, printTable } from "./client/print.ts";

export function counterCommand(command: Command, done: Done): Command {
  group(command, "counters of a tenant's scripts: put, get, list");
  examples(command, [
    "sluice counter list --tenant shop",
    "sluice counter put requests 0 --tenant shop",
  ]);
  putCommand(command, done);
  getCommand(command, done);
  listCommand(command, done);
  return command;
}

function putCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("put"))
    .description("set a counter")
    .argument("<name>")
    .argument("<value>", "an integer", parseCount)
    .action((name: string, value: number, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "counters", name];
        const { body } = await client.call({ method: "PUT", path, body: { value } }, NOTHING);
        if (options.json) printJson(body);
        else print(`counter ${name} of ${options.tenant} is ${value}`);
        return 0;
      }),
    );
  examples(command, ["sluice counter put requests 0 --tenant shop"]);
}

function getCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("get"))
    .description("the value of a counter")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "counters"];
        const { body } = await client.call({ method: "GET", path }, COUNTERS);
        const counter = body.counters.find((one) => one.name === name);
        if (counter === undefined) {
          throw new Error(`tenant ${options.tenant} has no counter ${name}`);
        }
        if (options.json) printJson(counter);
        else print(String(counter.value));
        return 0;
      }),
    );
  examples(command, ["sluice counter get requests --tenant shop"]);
}

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("all counters")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "counters"];
        const { body } = await client.call({ method: "GET", path }, COUNTERS);
        if (options.json) printJson(body);
        else {
          const rows = body.counters.map(({ name, value }) => [name, String(value)]);
          printTable(["NAME", "VALUE"], rows, "no counters");
        }
        return 0;
      }),
    );
  examples(command, ["sluice counter list --tenant shop --json"]);
}

function parseCount(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`Expected an integer, at most ${Number.MAX_SAFE_INTEGER}.`);
}

// `sluice rate-limit`: the rate limits and in-flight limits of a tenant's scripts: what they
// decided, how a key stands, and beginning anew.

import type { Command } from "commander";
import * as z from "zod";
import { NOTHING, RATE_LIMIT, RATE_LIMIT_KEY } from "./client/answers.ts";
import { listing, pathsOf, printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
  withYes,
} from "./client/options.ts";
import { confirm } from "./client/terminal.ts";

export function rateLimitCommand(command: Command, done: Done): Command {
  group(command, "rate limits and in-flight limits of a tenant's scripts: list, get, reset");
  examples(command, [
    "sluice rate-limit list --tenant shop",
    "sluice rate-limit get logins 192.0.2.1 --tenant shop",
    "sluice rate-limit reset logins 192.0.2.1 --tenant shop --yes",
  ]);
  listCommand(command, done);
  getCommand(command, done);
  resetCommand(command, done);
  return command;
}

const pathOf = pathsOf("rate-limits");

const HEAD = [
  ...["NAME", "ALGORITHM", "SCOPE", "LIMIT", "WINDOW MS"],
  ...["ALLOWED", "REFUSED", "KEYS", "HELD"],
];

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("all rate limits, and what they have decided since the proxy started")
    .action(
      listing(done, {
        path: (options: ClientOptions) => pathOf(options),
        schema: z.object({ rateLimits: z.array(RATE_LIMIT) }),
        head: HEAD,
        rows: ({ rateLimits }) =>
          rateLimits.map(({ name, algorithm, scope, limit, windowMs, inFlight, ...counted }) => [
            ...[name, algorithm, scope, limit, windowMs].map(String),
            ...[counted.allowed, counted.refused, counted.keys, inFlight].map(String),
          ]),
        none: "no rate limits",
      }),
    );
  examples(command, ["sluice rate-limit list --tenant shop --json"]);
}

function getCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("get"))
    .description("how a key of a rate limit stands")
    .argument("<name>")
    .argument("<key>")
    .action((name: string, key: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const call = { method: "GET", path: pathOf(options, name), query: { key } } as const;
        const { body } = await client.call(call, RATE_LIMIT_KEY);
        const { allowed, remaining, retryAfterMs } = body;
        const until = retryAfterMs > 0 ? `for ${retryAfterMs} ms` : "until a request ends";
        const state = allowed ? `${remaining} left` : `refused ${until}`;
        printAnswer(options, body, `${name} of ${options.tenant} for ${key}: ${state}`);
      }),
    );
  examples(command, ["sluice rate-limit get logins 192.0.2.1 --tenant shop"]);
}

function resetCommand(parent: Command, done: Done): void {
  const command = withYes(withTenant(parent.command("reset")))
    .description("let a key of a rate limit begin anew, or all of them")
    .argument("<name>")
    .argument("[key]", "whose (default: all)")
    .action((name: string, key: string | undefined, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const whose = key === undefined ? "all keys" : key;
        const question = `Reset the rate limit ${name} of ${options.tenant} for ${whose}?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        const body = key === undefined ? {} : { key };
        const call = { method: "POST", path: pathOf(options, name, "reset"), body } as const;
        await client.call(call, NOTHING);
        const told = `rate limit ${name} of ${options.tenant} is reset for ${whose}`;
        printAnswer(options, { reset: name }, told);
        return 0;
      }),
    );
  examples(command, ["sluice rate-limit reset logins --tenant shop --yes"]);
}

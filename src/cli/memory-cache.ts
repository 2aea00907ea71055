// `sluice memory-cache`: what a tenant's memoryCache holds and has done, and emptying it.

import type { Command } from "commander";
import { MEMORY_CACHE, MEMORY_CACHE_ENTRY, MEMORY_CACHE_RESET } from "./client/answers.ts";
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

export function memoryCacheCommand(command: Command, done: Done): Command {
  group(command, "what scripts keep in memoryCache: show, get, reset");
  examples(command, [
    "sluice memory-cache show --tenant shop",
    "sluice memory-cache get jwks --tenant shop",
    "sluice memory-cache reset jwks --tenant shop --yes",
  ]);
  showCommand(command, done);
  getCommand(command, done);
  resetCommand(command, done);
  return command;
}

const pathOf = pathsOf("memory-cache");

function showCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("show"))
    .description("what it holds, and has done since the proxy started")
    .action(
      listing(done, {
        path: (options: ClientOptions) => pathOf(options),
        schema: MEMORY_CACHE,
        head: ["ENTRIES", "BYTES", "HITS", "MISSES", "LOADS", "EVICTIONS"],
        rows: ({ entries, bytes, hits, misses, loads, evictions }) => [
          [entries, bytes, hits, misses, loads, evictions].map(String),
        ],
        none: "nothing",
      }),
    );
  examples(command, ["sluice memory-cache show --tenant shop --json"]);
}

function getCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("get"))
    .description("what there is of a key: how large, and for how long; never the value")
    .argument("<key>")
    .action((key: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const call = { method: "GET", path: pathOf(options, "entry"), query: { key } } as const;
        const { body } = await client.call(call, MEMORY_CACHE_ENTRY);
        const { size, isBytes, freshMs, staleMs } = body;
        const what = `${size} ${isBytes ? "bytes" : "characters of JSON"}`;
        const lasts = freshMs > 0 ? `fresh for ${freshMs} ms` : `stale, kept for ${staleMs} ms`;
        printAnswer(options, body, `${key} of ${options.tenant}: ${what}, ${lasts}`);
      }),
    );
  examples(command, ["sluice memory-cache get jwks --tenant shop"]);
}

function resetCommand(parent: Command, done: Done): void {
  const command = withYes(withTenant(parent.command("reset")))
    .description("take a key out of it, or all of them")
    .argument("[key]", "which (default: all)")
    .action((key: string | undefined, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const what = key ?? "all keys";
        const question = `Remove ${what} from the memoryCache of ${options.tenant}?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        const body = key === undefined ? {} : { key };
        const call = { method: "POST", path: pathOf(options, "reset"), body } as const;
        const { body: answer } = await client.call(call, MEMORY_CACHE_RESET);
        const told = `${answer.removed} removed from the memoryCache of ${options.tenant}`;
        printAnswer(options, answer, told);
        return 0;
      }),
    );
  examples(command, ["sluice memory-cache reset --tenant shop --yes"]);
}

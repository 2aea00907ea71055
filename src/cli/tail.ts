// `sluice tail`: requests and script lines of a tenant, or of all, as they happen. It comes again
// after a restart or handover of the proxy, and says so, until it is interrupted.

import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { AdminCall, AdminClient } from "./client/admin-client.ts";
import { eventsOf } from "./client/event-stream.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  TENANT_ENV,
  withAdmin,
  withClient,
  withOperator,
} from "./client/options.ts";
import { AdminError } from "./client/problem.ts";
import { tailLine } from "./client/tail-line.ts";

interface TailOptions extends Omit<ClientOptions, "tenant"> {
  readonly tenant?: string;
  readonly format?: "json" | "pretty";
  readonly status?: readonly string[];
  readonly hook?: string;
  readonly slow?: string;
  readonly search?: string;
  readonly onlyVersion?: string;
  readonly thisNode?: true;
}

/** When the proxy did not say when to come again. */
const RETRY_MS = 1_000;
/** A proxy that is not there again after so many tries is down. */
const TRIES_MAX = 30;

export function tailCommand(command: Command, done: Done): Command {
  withOperator(withAdmin(command))
    .description("requests and script lines as they happen")
    .addOption(new Option("--tenant <name>", "whose (default: all, for operators)").env(TENANT_ENV))
    .addOption(
      new Option("--format <format>", "default: pretty at a terminal, else json").choices([
        "json",
        "pretty",
      ]),
    )
    .option("--status <status...>", "only these: 404, 5xx, or error for whatever failed")
    .option("--hook <hook>", "only what this hook said")
    .option("--slow <ms>", "only requests that took at least so long")
    .option("--search <text>", "only lines with this text")
    .option("--only-version <n>", "only this version of the script")
    .option("--this-node", "of several proxies that share a store only the one that is asked")
    .action((options: TailOptions) => withClient(options, done, (client) => tail(client, options)));
  return examples(command, [
    "sluice tail --tenant shop",
    "sluice tail --status error",
    "sluice tail --tenant shop --slow 250 --format json | jq .target",
  ]);
}

async function tail(client: AdminClient, options: TailOptions): Promise<number> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  process.stdout.once("error", end); // whoever read our lines has gone
  const isPretty = formatOf(options) === "pretty";
  try {
    await follow(client, callOf(options), { isPretty, signal: stop.signal });
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
  }
  return 0;
}

const formatOf = ({ format, json }: TailOptions): string =>
  format ?? (json || process.stdout.isTTY !== true ? "json" : "pretty");

function callOf(options: TailOptions): AdminCall {
  const { tenant, status, hook, slow, search, onlyVersion, thisNode } = options;
  const nodes = thisNode ? undefined : "all";
  const query = { status: status?.join(","), hook, slow, search, version: onlyVersion, nodes };
  const path = tenant === undefined ? ["logs"] : ["tenants", tenant, "logs"];
  return { method: "GET", path, query };
}

interface Following {
  readonly isPretty: boolean;
  readonly signal: AbortSignal;
}

/** Until the signal; rejects if the proxy refuses, or stays away. */
async function follow(client: AdminClient, call: AdminCall, { isPretty, signal }: Following) {
  let retryMs = RETRY_MS;
  let hasBeen = false;
  for (let tries = 0; ; tries++) {
    try {
      const stream = await client.stream(call, signal);
      notice(`reading${hasBeen ? " again" : ""}${isPretty ? "; Ctrl-C ends it" : ""}`);
      hasBeen = true;
      tries = 0;
      for await (const event of eventsOf(stream)) {
        retryMs = event.retryMs ?? retryMs;
        process.stdout.write(tailLine(event, isPretty));
      }
      notice("the proxy ended the stream");
    } catch (thrown) {
      const isRefused = thrown instanceof AdminError && thrown.status < 500;
      if (signal.aborted || isRefused || !hasBeen || tries >= TRIES_MAX) throw thrown;
    }
    await sleep(retryMs, undefined, { signal });
  }
}

const notice = (text: string): void => void process.stderr.write(`sluice: ${text}\n`);

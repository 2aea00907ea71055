// `sluice deploy`: bundles a script here, where its npm packages are, and sends the bundle with its
// source map. The proxy checks it, starts it and answers when every worker serves it.

import { existsSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type * as z from "zod";
import { loadConfig } from "../base/config/load.ts";
import { ownersOf } from "../base/config/operator.ts";
import type { Bundle } from "../control/bundle.ts";
import { DEPLOYED } from "./client/answers.ts";
import { readDocument } from "./client/input.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withClient,
  withTenant,
} from "./client/options.ts";
import { print, printJson } from "./client/print.ts";
import { AdminError, fieldLine } from "./client/problem.ts";
import { rootOf, SourceExcerpts } from "./dev/source-excerpt.ts";

interface DeployOptions extends ClientOptions {
  readonly message?: string;
  readonly percent?: number;
  readonly smoke?: string;
  readonly replay?: number;
  readonly dryRun?: true;
}

export function deployCommand(command: Command, done: Done): Command {
  withTenant(command)
    .description("bundle a script and put it into service, without a restart")
    .argument("[file]", "script (default: what the configuration names for the tenant)")
    .option("-m, --message <text>", "what changed, for the history")
    .option("--percent <n>", "share of the clients (default: 100; 0: testers only)", parsePercent)
    .option("--smoke <file>", "requests that it must answer as expected before it serves (YAML)")
    .option("--replay <n>", "so many captured requests it must answer as they were", parseReplay)
    .option("--dry-run", "all checks of the proxy, and nothing is stored or served")
    .action(async (given: string | undefined, options: DeployOptions) => {
      const file = given ?? scriptOf(options);
      const shown = namesFor(file);
      const bundle = await bundled(file, shown);
      if (bundle === null) return done(1);
      await withClient(options, done, async (client) => {
        const body = await requestOf(bundle, basename(file), options);
        const path = ["tenants", options.tenant, "deployments"];
        const deployed = client.call({ method: "POST", path, body }, DEPLOYED);
        const { body: made } = await deployed.catch((error) => refused(error, shown));
        report(made, options, shown);
        return isEverywhere(made) ? 0 : 1;
      });
    });
  return examples(command, [
    "sluice deploy main.ts --tenant shop -m 'new checkout'",
    "sluice deploy main.ts --tenant shop --percent 10",
    "sluice deploy main.ts --tenant shop --dry-run",
    "sluice deploy main.ts --tenant shop --percent 5 --replay 100",
  ]);
}

async function requestOf({ code, map }: Bundle, entry: string, options: DeployOptions) {
  const { message, percent, replay, dryRun } = options;
  const smoke = options.smoke === undefined ? undefined : await readDocument(options.smoke);
  return { bundle: { code, map }, entry, message, percent, replay, dryRun, smoke };
}

export type Shown = (file: string) => string;

/** Files of the script as whoever sits here would name them: as `sluice check` does. */
export function namesFor(script: string): Shown {
  const root = rootOf(resolve(script));
  return (name) => {
    const path = join(root, name);
    return existsSync(path) ? relative(process.cwd(), path) : name;
  };
}

function report(deployed: z.output<typeof DEPLOYED>, options: DeployOptions, shown: Shown): void {
  if (options.json) return printJson(deployed);
  const { version, bytes, hooks, sha256, startupMs, warnings, nodes } = deployed;
  const share = options.percent === undefined ? "" : ` for ${options.percent} % of the clients`;
  const serving = nodes.filter(({ state }) => state === "serving").length;
  const where = nodes.length === 0 ? "" : ` at ${serving} of ${nodes.length} proxies`;
  if (version === undefined) print(`it could serve ${options.tenant}; nothing was stored`);
  else print(`version ${version} of ${options.tenant} serves${where}${share}`);
  const started = startupMs === undefined ? "" : `, started in ${startupMs} ms`;
  const facts = `${bytes} bytes, sha256 ${sha256.slice(0, 12)}${started}`;
  print(`  ${facts}, hooks ${hooks.join(", ") || "none"}`);
  for (const warning of warnings) {
    const line = fieldLine({ ...warning, file: shown(warning.file) });
    process.stderr.write(`warning: ${line}\n`);
  }
}

/** Every proxy that lives serves it; those that do not are named, unless the answer is. */
function isEverywhere({ nodes }: z.output<typeof DEPLOYED>): boolean {
  const open = nodes.filter(({ state }) => state !== "serving");
  for (const { name, id, state, reason } of open) {
    const why = reason === "" ? "" : `: ${reason}`;
    process.stderr.write(`warning: ${name} (${id.slice(0, ID_SHOWN)}) is ${state}${why}\n`);
  }
  return open.every(({ state }) => state === "stale");
}

const ID_SHOWN = 8;

/** Null: it cannot be bundled, and why not is said. */
export async function bundled(file: string, shown: Shown): Promise<Bundle | null> {
  // Loaded late: `sluice --help` should not have to wait for a bundler.
  const { bundleToSend } = await import("../control/bundle.ts");
  const result = await bundleToSend(file);
  const problems = result.ok ? result.warnings : result.errors;
  const excerpts = new SourceExcerpts();
  for (const problem of problems) {
    const line = fieldLine({ ...problem, file: shown(problem.file) });
    process.stderr.write(`${result.ok ? "warning: " : ""}${line}\n${excerpts.of(line)}`);
  }
  return result.ok ? result : null;
}

/** With the lines of the source that the proxy objects to. */
export function refused(error: unknown, shown: Shown): never {
  if (!(error instanceof AdminError)) throw error;
  const named = error.withFiles(shown);
  const excerpts = new SourceExcerpts();
  for (const line of named.errors.map(fieldLine)) process.stderr.write(excerpts.of(line));
  throw named;
}

function scriptOf({ config, tenant }: DeployOptions): string {
  const script = ownersOf(loadConfig(config, null)).find(({ name }) => name === tenant)?.script;
  if (typeof script === "string") return script;
  throw new Error(`Cannot deploy: expected a FILE, as ${config} names no script of ${tenant}`);
}

function parsePercent(text: string): number {
  const percent = Number(text);
  if (/^\d{1,3}$/.test(text) && percent <= 100) return percent;
  throw new InvalidArgumentError("Expected an integer from 0 to 100.");
}

function parseReplay(text: string): number {
  const count = Number(text);
  if (/^\d{1,3}$/.test(text) && count >= 1 && count <= 100) return count;
  throw new InvalidArgumentError("Expected an integer from 1 to 100.");
}

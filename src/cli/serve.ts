// `sluice serve`: runs the proxy until a signal ends it. `--demo` adds upstreams to play with.

import { randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError } from "commander";
import { loadConfig } from "../base/config/load.ts";
import type { Config } from "../base/config/types.ts";
import { startDemo } from "./demo.ts";
import { printHints } from "./demo-hints.ts";
import { followNpm } from "./follow-npm.ts";

interface ServeOptions {
  readonly config: string;
  readonly workers?: number;
  readonly demo?: true;
}

/** As in the configuration (base/config/schema.ts). */
const WORKERS_MAX = 256;

const EXAMPLES = `
Examples:
  $ sluice serve
  $ sluice serve --config /etc/sluice/sluice.yaml --workers 4
  $ sluice serve --demo
`;

export function serveCommand(command: Command, done: (status: number) => void): Command {
  return command
    .description("run the proxy")
    .option("-c, --config <file>", "configuration", "sluice.yaml")
    .option("--workers <n>", "worker threads (default: what the configuration says)", parseWorkers)
    .option("--demo", "start the upstreams of the configuration too, and say what to try")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .addHelpText("after", EXAMPLES)
    .action(async (options: ServeOptions) => done(await serve(options)));
}

async function serve({ config: file, workers, demo }: ServeOptions): Promise<number> {
  // Loaded late: `sluice --help` should not have to wait for a proxy.
  const { runServe } = await import("../fleet/main/supervisor.ts");
  using _parent = followNpm();
  const run = (): Promise<number> =>
    runServe({ config: file, ...(workers === undefined ? {} : { workers }) });
  if (!demo) return await run();

  const config = loadConfig(file);
  await using _upstreams = await startDemo(config);
  const stop = new AbortController();
  const hinting = printHints(config, { token: demoToken(config) }, stop.signal);
  try {
    return await run();
  } finally {
    stop.abort();
    await hinting;
  }
}

/** For the dashboard, where nobody has set one; null: the person at the terminal knows theirs. */
function demoToken({ admin: { tokenEnv } }: Config): string | null {
  if (process.env[tokenEnv] !== undefined) return null;
  const token = randomBytes(15).toString("base64url");
  process.env[tokenEnv] = token;
  return token;
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1 && workers <= WORKERS_MAX) return workers;
  throw new InvalidArgumentError(`Expected an integer from 1 to ${WORKERS_MAX}.`);
}

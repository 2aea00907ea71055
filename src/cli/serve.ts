// `sluice serve`: runs the proxy until a signal ends it. `--demo` adds upstreams to play with.

import { type Command, InvalidArgumentError } from "commander";
import { loadConfig } from "../base/config/load.ts";
import { startDemo } from "./demo.ts";
import { printHints } from "./demo-hints.ts";
import { followNpm } from "./follow-npm.ts";
import { newShownToken } from "./shown-token.ts";

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
  const options = { config: file, ...(workers === undefined ? {} : { workers }) };
  if (!demo) return await runServe(options);

  const config = loadConfig(file);
  const token = newShownToken(config.admin);
  await using _upstreams = await startDemo(config);
  const stop = new AbortController();
  const hinting = printHints(config, { file, token }, stop.signal);
  try {
    return await runServe({ ...options, ...(token === null ? {} : { shownToken: token }) });
  } finally {
    stop.abort();
    await hinting;
  }
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1 && workers <= WORKERS_MAX) return workers;
  throw new InvalidArgumentError(`Expected an integer from 1 to ${WORKERS_MAX}.`);
}

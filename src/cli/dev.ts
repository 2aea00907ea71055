// `sluice dev`: the proxy for the person who writes a script: every save is served at once, and the
// log is for reading.

import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../base/config/types.ts";
import { type Plan, parsePeer, planFor } from "./dev/plan.ts";
import { SourceExcerpts } from "./dev/source-excerpt.ts";
import { followNpm } from "./follow-npm.ts";
import { newShownToken } from "./shown-token.ts";

interface DevOptions {
  readonly config?: string;
  readonly upstream?: string;
  readonly echo?: true;
  readonly https?: true;
  readonly port?: number;
}

const EXAMPLES = `
Examples:
  $ sluice dev                           what ./sluice.yaml describes
  $ sluice dev --echo                    … with an upstream that answers with the request
  $ sluice dev scripts/main.ts           one script, no configuration, the same upstream
  $ sluice dev scripts/main.ts --upstream http://127.0.0.1:3000
  $ sluice dev scripts/main.ts --https   … at https://
`;

export function devCommand(command: Command, done: (status: number) => void): Command {
  return command
    .description("run a script and reload it on every save")
    .argument("[script]", "script to run without a configuration")
    .option("-c, --config <file>", "configuration (default: sluice.yaml, unless there is a script)")
    .option("--upstream <url>", "http://host:port in place of every upstream", checkUpstream)
    .addOption(
      new Option(
        "--echo",
        "an upstream that answers with the request, in place of every one",
      ).conflicts("upstream"),
    )
    .option("--https", "speak TLS, with a certificate for localhost that is made if there is none")
    .option("--port <n>", "port on 127.0.0.1; 0: any that is free", parsePort)
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .addHelpText("after", EXAMPLES)
    .action(async (script: string | undefined, options: DevOptions, self: Command) => {
      if (script !== undefined && options.config !== undefined) {
        self.error("error: expected a script or --config, got both");
      }
      done(await dev(script, options));
    });
}

async function dev(script: string | undefined, options: DevOptions): Promise<number> {
  if (script !== undefined && !existsSync(script)) {
    throw new Error(`Cannot run ${script}: expected a file, got none`);
  }
  // Loaded late: `sluice --help` should not have to wait for a proxy.
  const { loadConfig } = await import("../base/config/load.ts");
  const { runServe } = await import("../fleet/main/supervisor.ts");
  const { DevLog } = await import("./dev/log.ts");
  const { untilItStarts } = await import("./dev/retry.ts");
  using _parent = followNpm();
  const excerpts = new SourceExcerpts();
  let scripts: readonly string[] = [];
  const run = async (): Promise<number> => {
    // made anew each time: groups are those that the script names
    await using plan: Plan = await planFor(script, options);
    const { config, certificate } = plan;
    const adjust = (read: Config): Config => {
      scripts = read.tenants.map((tenant) => tenant.script).filter((file) => file !== null);
      for (const file of scripts) excerpts.addScript(file);
      return plan.adjust(read);
    };
    // which variable has one is in the file, and may be what is mended
    const token = newShownToken(loadConfig(config).admin);
    const login = token === null ? {} : { shownToken: token };
    const shown = { certificate: certificate?.files.cert ?? null, token };
    const output = new DevLog(process.stdout, excerpts, shown);
    return await runServe({ config, watch: true, adjust, output, ...login });
  };
  const main = script ?? options.config ?? "sluice.yaml";
  return await untilItStarts({ run, main, others: () => scripts, excerpts });
}

function checkUpstream(url: string): string {
  if (parsePeer(url) === null) throw new InvalidArgumentError("Expected http://host:port.");
  return url;
}

const PORT_MAX = 65_535;

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`Expected an integer from 0 to ${PORT_MAX}.`);
}

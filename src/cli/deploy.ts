// `sluice deploy`: bundles a script here, where its npm packages are, and sends the bundle with its
// source map. The proxy checks it, starts it and answers when every worker serves it.

import { type Command, InvalidArgumentError } from "commander";
import { loadConfig } from "../base/config/load.ts";
import type { Bundle } from "../control/bundle.ts";
import { DEPLOYED } from "./client/answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withClient,
  withTenant,
} from "./client/options.ts";
import { print, printJson } from "./client/print.ts";
import { AdminError, fieldLine } from "./client/problem.ts";
import { SourceExcerpts } from "./dev/source-excerpt.ts";

interface DeployOptions extends ClientOptions {
  readonly message?: string;
  readonly percent?: number;
  readonly dryRun?: true;
}

export function deployCommand(command: Command, done: Done): Command {
  withTenant(command)
    .description("bundle a script and put it into service, without a restart")
    .argument("[file]", "script (default: what the configuration names for the tenant)")
    .option("-m, --message <text>", "what changed, for the history")
    .option("--percent <n>", "share of the clients that see it (default: 100)", parsePercent)
    .option("--dry-run", "bundle and check it here, and send nothing")
    .action(async (given: string | undefined, options: DeployOptions) => {
      const file = given ?? scriptOf(options);
      const excerpts = new SourceExcerpts();
      excerpts.addScript(file);
      if (options.dryRun) return done(await dryRun(file, options));
      const bundle = await bundled(file, excerpts);
      if (bundle === null) return done(1);
      await withClient(options, done, (client) =>
        client
          .call(
            {
              method: "POST",
              path: ["tenants", options.tenant, "deployments"],
              body: requestOf(bundle, options),
            },
            DEPLOYED,
          )
          .then(({ body }) => {
            if (options.json) printJson(body);
            else {
              const { version, bytes, hooks, sha256 } = body;
              const share = options.percent === undefined ? "" : ` for ${options.percent} %`;
              print(`version ${version} of ${options.tenant} serves${share}`);
              print(`  ${bytes} bytes, sha256 ${sha256.slice(0, 12)}, hooks ${hooks.join(", ")}`);
            }
            return 0;
          })
          .catch((error: unknown) => refused(error, excerpts)),
      );
    });
  return examples(command, [
    "sluice deploy main.ts --tenant shop -m 'new checkout'",
    "sluice deploy main.ts --tenant shop --percent 10",
    "sluice deploy main.ts --tenant shop --dry-run",
  ]);
}

function requestOf({ code, map }: Bundle, options: DeployOptions) {
  const { message, percent } = options;
  return { bundle: { code, map }, message, percent };
}

/** Null: it cannot be bundled, and why not is said. */
async function bundled(file: string, excerpts: SourceExcerpts): Promise<Bundle | null> {
  // Loaded late: `sluice --help` should not have to wait for a bundler.
  const { bundleScript } = await import("../control/bundle.ts");
  const result = await bundleScript(file);
  const problems = result.ok ? result.warnings : result.errors;
  for (const problem of problems) {
    const line = fieldLine(problem);
    process.stderr.write(`${result.ok ? "warning: " : ""}${line}\n${excerpts.of(line)}`);
  }
  return result.ok ? result : null;
}

/** With the lines of the source that the proxy objects to. */
function refused(error: unknown, excerpts: SourceExcerpts): never {
  if (error instanceof AdminError) {
    for (const line of error.errors.map(fieldLine)) process.stderr.write(excerpts.of(line));
  }
  throw error;
}

async function dryRun(file: string, options: DeployOptions): Promise<number> {
  const { checkScript } = await import("./checks/script.ts");
  const { formatFinding, tidied } = await import("./checks/finding.ts");
  const findings = tidied(await checkScript({ file, env: {} }));
  const isGood = findings.every(({ severity }) => severity !== "error");
  if (options.json) printJson({ ok: isGood, findings });
  else {
    for (const finding of findings) print(formatFinding(finding));
    print(isGood ? `${file}: nothing was sent` : `${file} would be refused: nothing was sent`);
  }
  return isGood ? 0 : 1;
}

function scriptOf({ config, tenant }: DeployOptions): string {
  const script = loadConfig(config, null).tenants.find(({ name }) => name === tenant)?.script;
  if (typeof script === "string") return script;
  throw new Error(`Cannot deploy: expected a FILE, as ${config} names no script of ${tenant}`);
}

function parsePercent(text: string): number {
  const percent = Number(text);
  if (/^\d{1,3}(?:\.\d{1,2})?$/.test(text) && percent > 0 && percent <= 100) return percent;
  throw new InvalidArgumentError("Expected a number above 0, at most 100.");
}

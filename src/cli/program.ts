// The command line as a whole: which commands there are, and how a run of one ends. Exit status 0
// is done, 1 refused or failed, 2 usage. Each command has a file of its own.

import { Command, CommanderError } from "commander";
import { version } from "../base/version.ts";
import { checkCommand } from "./check.ts";
import { devCommand } from "./dev.ts";
import { initCommand } from "./init.ts";
import { handoverCommand, reloadCommand } from "./operate.ts";
import { printError } from "./print-error.ts";
import { serveCommand } from "./serve.ts";
import { testCommand } from "./test.ts";

const EXAMPLES = `
Examples:
  $ sluice serve                     serve what ./sluice.yaml describes
  $ sluice serve -c edge.yaml        serve another configuration
  $ sluice serve --demo              … with two small upstreams to try it on
  $ sluice init my-edge              a typed starter project
  $ sluice dev scripts/main.ts       run a script, reload it on every save
  $ sluice test                      the tests of scripts, in the real runtime without a network
  $ sluice check                     what is wrong with sluice.yaml and its scripts
  $ sluice reload                    make the running proxy read its files again

Exit status: 0 done, 1 refused or failed, 2 usage.
`;

const USAGE_STATUS = 2;

/** Runs one command line and returns its exit status. Never throws. */
export async function runProgram(args: readonly string[]): Promise<number> {
  let status = 0;
  const program = baseCommand("sluice")
    .description("A programmable reverse proxy: each phase of a request is a TypeScript script.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES);
  const done = (result: number): void => {
    status = result;
  };
  program.addCommand(serveCommand(baseCommand("serve"), done));
  program.addCommand(devCommand(baseCommand("dev"), done));
  program.addCommand(checkCommand(baseCommand("check"), done));
  program.addCommand(testCommand(baseCommand("test"), done));
  program.addCommand(initCommand(baseCommand("init"), done));
  program.addCommand(reloadCommand(baseCommand("reload"), done));
  program.addCommand(handoverCommand(baseCommand("handover"), done));
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error);
    // Help and version are thrown too, with 0; every other one is a command line that we refuse.
    return error.exitCode === 0 ? 0 : USAGE_STATUS;
  }
}

/**
 * A command that throws instead of ending the process, and complains as everything else here does.
 */
function baseCommand(name: string): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
}

/**
 * Commander's `error: unknown option '--wokers'\n(Did you mean --workers?)\n`, as one line of ours.
 */
function oneLine(text: string): string {
  const complaint = text
    .replace(/^error: /, "")
    .trim()
    .replaceAll("\n", " ");
  return `sluice: ${complaint} (see sluice --help)\n`;
}

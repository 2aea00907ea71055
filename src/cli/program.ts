// The command line as a whole: which commands there are, and how a run of one ends. Exit status 0
// is done, 1 refused or failed, 2 usage. Each command has a file of its own.

import { type Command, CommanderError } from "commander";
import { version } from "../base/version.ts";
import { applyCommand } from "./apply.ts";
import { auditCommand } from "./audit.ts";
import { baseCommand } from "./base-command.ts";
import { captureCommand } from "./capture.ts";
import { certificateCommand } from "./certificate.ts";
import { checkCommand } from "./check.ts";
import { completionCommand } from "./completion.ts";
import { counterCommand } from "./counter.ts";
import { deployCommand } from "./deploy.ts";
import { deploymentsCommand } from "./deployments.ts";
import { devCommand } from "./dev.ts";
import { explainCommand } from "./explain.ts";
import { flagCommand } from "./flag.ts";
import { initCommand } from "./init.ts";
import { memoryCacheCommand } from "./memory-cache.ts";
import { nodesCommand } from "./nodes.ts";
import { handoverCommand, reloadCommand } from "./operate.ts";
import { printError } from "./print-error.ts";
import { rateLimitCommand } from "./rate-limit.ts";
import { replayCommand } from "./replay.ts";
import { rollbackCommand } from "./rollback.ts";
import { secretCommand } from "./secret.ts";
import { serveCommand } from "./serve.ts";
import { statusCommand } from "./status.ts";
import { storeCommand } from "./store.ts";
import { tailCommand } from "./tail.ts";
import { tenantCommand } from "./tenant.ts";
import { testCommand } from "./test.ts";
import { tokenCommand } from "./token.ts";
import { topCommand } from "./top.ts";
import { trafficCommand } from "./traffic.ts";
import { upstreamCommand } from "./upstream.ts";

const EXAMPLES = `
Examples:
  $ sluice serve                     serve what ./sluice.yaml describes
  $ sluice serve -c edge.yaml        serve another configuration
  $ sluice serve --demo              … with two small upstreams to try it on
  $ sluice init my-edge              a typed starter project
  $ sluice dev scripts/main.ts       run a script, reload it on every save
  $ sluice test                      the tests of scripts, in the real runtime without a network
  $ sluice check                     what is wrong with sluice.yaml and its scripts
  $ sluice deploy main.ts --tenant shop
  $ sluice tail --tenant shop        requests and script lines as they happen
  $ sluice reload                    make the running proxy read its files again

Exit status: 0 done, 1 refused or failed, 2 usage.
`;

const USAGE_STATUS = 2;

type Make = (command: Command, done: (status: number) => void) => Command;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  "Write and run": {
    serve: serveCommand,
    dev: devCommand,
    check: checkCommand,
    test: testCommand,
    init: initCommand,
  },
  "Deploy to a running proxy": {
    deploy: deployCommand,
    deployments: deploymentsCommand,
    rollback: rollbackCommand,
    traffic: trafficCommand,
    tail: tailCommand,
    capture: captureCommand,
    replay: replayCommand,
    secret: secretCommand,
    certificate: certificateCommand,
    flag: flagCommand,
    counter: counterCommand,
    "rate-limit": rateLimitCommand,
    "memory-cache": memoryCacheCommand,
  },
  "Operate a running proxy": {
    status: statusCommand,
    top: topCommand,
    explain: explainCommand,
    tenant: tenantCommand,
    upstream: upstreamCommand,
    apply: applyCommand,
    nodes: nodesCommand,
    token: tokenCommand,
    audit: auditCommand,
    store: storeCommand,
    reload: reloadCommand,
    handover: handoverCommand,
  },
  "This shell": { completion: completionCommand },
};

/** Runs one command line and returns its exit status. Never throws. */
export async function runProgram(args: readonly string[]): Promise<number> {
  let status = 0;
  const program = makeProgram((result) => {
    status = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error);
    // Help and version are thrown too, with 0; every other one is a command line that we refuse.
    return error.exitCode === 0 ? 0 : USAGE_STATUS;
  }
}

/** The whole command line. @param done told the exit status of the command that ran */
export function makeProgram(done: (status: number) => void): Command {
  const program = baseCommand("sluice")
    .description("A programmable reverse proxy: each phase of a request is a TypeScript script.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(`${heading}:`);
    for (const [name, make] of Object.entries(commands)) {
      program.addCommand(make(baseCommand(name), done));
    }
  }
  return program;
}

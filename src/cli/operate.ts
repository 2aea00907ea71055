// `sluice reload` and `sluice handover`: what SIGHUP and SIGUSR2 do, with an answer to wait for.

import type { Command } from "commander";
import { askAdmin } from "./ask-admin.ts";

interface Options {
  readonly config: string;
}

export function reloadCommand(command: Command, done: (status: number) => void): Command {
  return withConfig(command)
    .description("read the configuration and its scripts again, without dropping a connection")
    .action(async ({ config }: Options) => {
      const body = await askAdmin(config, "/v1/reload");
      process.stdout.write(`reloaded: ${JSON.stringify(body)}\n`);
      done(0);
    });
}

export function handoverCommand(command: Command, done: (status: number) => void): Command {
  return withConfig(command)
    .description("replace the running proxy by a new process, without dropping a connection")
    .action(async ({ config }: Options) => {
      const body = await askAdmin(config, "/v1/handover");
      process.stdout.write(`handed over: ${JSON.stringify(body)}\n`);
      done(0);
    });
}

const withConfig = (command: Command): Command =>
  command
    .option("-c, --config <file>", "configuration of the running proxy", "sluice.yaml")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false);

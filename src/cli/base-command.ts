// How every command of ours behaves: it throws instead of ending the process, and reports an error
// in one line. Its subcommands inherit that.

import { Command } from "commander";

export function baseCommand(name: string): Command {
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

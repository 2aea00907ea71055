// What can be typed, read from the commands themselves: so completion cannot know anything else.

import type { Command } from "commander";

export interface Word {
  readonly word: string;
  readonly description: string;
}

/** One place on the command line: `deployments list`, or empty for `sluice` itself. */
export interface Place {
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
  /** Words that may follow an option; options that take anything are not among them. */
  readonly choices: readonly { readonly option: string; readonly words: readonly string[] }[];
  /** Options that take a value. */
  readonly valued: readonly string[];
}

export function placesOf(command: Command, path = ""): Place[] {
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const flagsOf = ({ short, long }: { short?: string; long?: string }): string[] =>
    [short, long].filter((flag) => flag !== undefined);
  const place: Place = {
    path,
    commands: help
      .visibleCommands(command)
      .map((one) => ({ word: one.name(), description: one.description() })),
    options: options.flatMap((option) =>
      flagsOf(option).map((word) => ({ word, description: option.description })),
    ),
    choices: options.flatMap((option) =>
      flagsOf(option).map((flag) => ({ option: flag, words: option.argChoices ?? [] })),
    ).filter(({ words }) => words.length > 0),
    valued: options.filter(({ required, optional }) => required || optional).flatMap(flagsOf),
  };
  const below = command.commands.flatMap((one) =>
    placesOf(one, path === "" ? one.name() : `${path} ${one.name()}`),
  );
  return [place, ...below];
}

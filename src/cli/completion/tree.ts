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
  /** Options that take a value. */
  readonly valued: readonly string[];
  /** Words that may follow an option, or come as the first argument. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
}

export function placesOf(command: Command, path = ""): Place[] {
  const page = command.createHelp();
  const options = page.visibleOptions(command).flatMap((option) => {
    const { short, long, description, argChoices = [], required, optional } = option;
    return [short, long]
      .filter((word) => word !== undefined)
      .map((word) => ({ word, description, argChoices, isValued: required || optional }));
  });
  const place: Place = {
    path,
    commands: [
      ...page.visibleCommands(command).map(wordOf),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) =>
        argChoices.map((word) => ({ word, description: "" })),
      ),
    ],
    options: options.map(({ word, description }) => ({ word, description })),
    valued: options.filter(({ isValued }) => isValued).map(({ word }) => word),
    choices: new Map(
      options
        .filter(({ argChoices }) => argChoices.length > 0)
        .map(({ word, argChoices }) => [word, argChoices]),
    ),
  };
  const below = command.commands.flatMap((one) =>
    placesOf(one, path === "" ? one.name() : `${path} ${one.name()}`),
  );
  const named = place.commands.filter(({ word }) => word !== HELP);
  const help: Place = { ...NOTHING, path: `${path} ${HELP}`.trim(), commands: named };
  return command.commands.length === 0 ? [place] : [place, help, ...below];
}

/** Commander's own command, which is followed by the name of another. */
const HELP = "help";
const NOTHING = { options: [], valued: [], choices: new Map() };

const wordOf = (command: Command): Word => ({
  word: command.name(),
  description: command.description(),
});

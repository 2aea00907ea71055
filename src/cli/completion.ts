// `sluice completion`: the script that teaches a shell what can be typed.

import { Argument, type Command } from "commander";
import type { Done } from "./client/options.ts";
import { examples } from "./client/options.ts";
import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { placesOf } from "./completion/tree.ts";
import { zshScript } from "./completion/zsh.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type Shell = keyof typeof SCRIPTS;

export function completionCommand(command: Command, done: Done): Command {
  command
    .description("print the completion script of a shell")
    .addArgument(new Argument("<shell>").choices(Object.keys(SCRIPTS)))
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .action((shell: Shell, _options: object, self: Command) => {
      const program = self.parent;
      if (program === null) throw new Error("completion is a command of sluice");
      process.stdout.write(SCRIPTS[shell](placesOf(program)));
      done(0);
    });
  return examples(command, [
    'eval "$(sluice completion bash)"                                     in ~/.bashrc',
    "sluice completion zsh > ~/.zfunc/_sluice",
    "sluice completion fish > ~/.config/fish/completions/sluice.fish",
  ]);
}

// docs/cli.md: the help of every command as one page, made of the commands themselves.

import type { Command } from "commander";
import { makeProgram } from "./program.ts";

const TOP = `# Command line

The help of every command, as \`sluice COMMAND --help\` prints it. \`npm run docs\` writes this
page.

- Commands that talk to a running proxy find it by \`--admin URL\`, by \`SLUICE_ADMIN_URL\`, or by
  the admin address in \`sluice.yaml\` (\`-c\`). Their token is in \`SLUICE_ADMIN_TOKEN\`, or in the
  variable that \`admin.tokenEnv\` names. \`--token\` works too, but every user of the machine can
  read it.
- Exit status 0 is done, 1 refused or failed, 2 a command line that makes no sense. Errors are
  readable lines on standard error; \`--json\` prints what programs want on standard output.
- Nothing is asked unless standard input is a terminal and \`CI\` is not set: give \`--yes\`
  elsewhere. Values of secrets come from standard input or a prompt, never from the command line.
- \`NO_COLOR\` is honoured. \`SLUICE_TENANT\` stands in for \`--tenant\`.
`;

export function helpPage(): string {
  const program = makeProgram(() => undefined);
  return [TOP, ...sections(program, "")].join("\n");
}

function sections(command: Command, path: string): string[] {
  const name = `${path} ${command.name()}`.trim();
  const level = name.split(" ").length;
  const heading = `${"#".repeat(Math.min(level + 1, 4))} ${name}`;
  const own = `${heading}\n\n\`\`\`text\n${helpOf(command).trimEnd()}\n\`\`\`\n`;
  return [own, ...command.commands.flatMap((one) => sections(one, name))];
}

/** As --help prints it, examples included. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.replaceAll(/ +$/gm, "");
}

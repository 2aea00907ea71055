// `sluice init`: a typed starter project. Its files are templates/starter of the package, as they
// are; only names and versions are filled in.

import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { isCheckout, packageUrl } from "../base/entry.ts";
import { version } from "../base/version.ts";

const EXAMPLES = `
Examples:
  $ sluice init my-edge
  $ npx sluice init .
`;

const TEMPLATE = fileURLToPath(new URL("templates/starter/", packageUrl));

export function initCommand(command: Command, done: (status: number) => void): Command {
  return command
    .description("make a typed starter project")
    .argument("[dir]", "folder for it; made if it is not there", ".")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .addHelpText("after", EXAMPLES)
    .action((dir: string) => done(init(dir)));
}

function init(dir: string): number {
  const folder = resolve(dir);
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new Error(`Cannot make a project: expected a folder, got the file ${dir}`);
  }
  const files = globSync("**/*", { cwd: TEMPLATE })
    .filter((name) => statSync(join(TEMPLATE, name)).isFile())
    .sort();
  const taken = files.map(targetName).filter((name) => existsSync(join(folder, name)));
  if (taken.length > 0) {
    throw new Error(`Cannot make a project in ${dir}: ${taken.join(", ")} exists already`);
  }
  for (const name of files) {
    const target = join(folder, targetName(name));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, filledIn(readFileSync(join(TEMPLATE, name), "utf8"), folder));
  }
  process.stdout.write(nextSteps(folder, files.map(targetName)));
  return 0;
}

/** npm leaves out files named .gitignore and .npmrc, and reads a package.json inside a package. */
const RENAMED: Readonly<Record<string, string>> = {
  gitignore: ".gitignore",
  npmrc: ".npmrc",
  "package.template.json": "package.json",
};

const targetName = (name: string): string => RENAMED[name] ?? name;

function filledIn(text: string, folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return text
    .replaceAll("__NAME__", name === "" ? "edge" : name)
    .replaceAll("__VERSION__", isCheckout ? `file:${wayTo(CHECKOUT, folder)}` : version());
}

/** What is not on a registry is installed from where it is. */
const CHECKOUT = fileURLToPath(packageUrl);

const wayTo = (place: string, from: string): string => relative(from, place).replaceAll("\\", "/");

function nextSteps(folder: string, files: readonly string[]): string {
  const way = relative(process.cwd(), folder);
  const enter = way === "" ? "" : `  cd ${way}\n`;
  return `Made ${files.join(", ")}.

Next:

${enter}  npm install
  npm test              # the script's tests
  npm run check         # types, hooks, configuration
  npm run dev           # http://127.0.0.1:8080, reloads on every save
${isCheckout ? forEditors(wayTo(CHECKOUT, folder)) : ""}`;
}

const forEditors = (checkout: string): string =>
  `\nFor types in an editor: npm run build, once, in ${checkout}\n`;

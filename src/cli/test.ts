// `sluice test`: runs the tests of scripts with the runner of Node that Sluice brought along. What
// they test with is the module `sluice/test` (harness/).

import { spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { constants } from "node:os";
import type { Command } from "commander";

const PATTERNS = ["test/**/*.test.ts", "scripts/**/*.test.ts"];

const EXAMPLES = `
Examples:
  $ sluice test                          ${PATTERNS.join(" and ")}
  $ sluice test test/main.test.ts        one file
  $ sluice test --name "beta users"      the tests whose title has this in it
  $ sluice test --watch                  again on every save
`;

interface TestOptions {
  readonly name?: string;
  readonly watch?: true;
}

export function testCommand(command: Command, done: (status: number) => void): Command {
  return command
    .description("run the tests of scripts in the real runtime, without a network")
    .argument("[file...]", "test files")
    .option("--name <pattern>", "only tests whose title matches")
    .option("--watch", "run them again on every save")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: TestOptions) => done(await test(files, options)));
}

async function test(given: readonly string[], { name, watch }: TestOptions): Promise<number> {
  const missing = given.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`Cannot test ${missing}: expected a file, got none`);
  const exclude = ["**/node_modules/**"];
  const files = given.length > 0 ? given : globSync(PATTERNS, { exclude }).sort();
  if (files.length === 0) {
    throw new Error(`Cannot find tests: expected ${PATTERNS.join(" or ")}, got none`);
  }
  const args = ["--test", ...(watch ? ["--watch"] : [])];
  if (name !== undefined) args.push(`--test-name-pattern=${name}`);
  // a runner around this one would get our report as data, not as text
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [...args, ...files], { stdio: "inherit", env });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal])),
    );
  });
}

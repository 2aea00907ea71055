// The command line from outside: what it prints where, and its exit status.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ending, run } from "../support/program.ts";

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const sluice = (...args: string[]): Promise<Ending> => run(process.execPath, [launcher, ...args]);

test("--version prints the package's version", async () => {
  const { status, stdout, stderr } = await sluice("--version");
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 0, stdout: `${manifest.version}\n`, stderr: "" },
  );
});

test("--help shows the commands with examples", async () => {
  for (const args of [["--help"], ["serve", "--help"], ["help", "serve"]]) {
    const { status, stdout, stderr } = await sluice(...args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.match(stdout, /^Usage: sluice /);
    assert.match(stdout, /\nExamples:\n {2}\$ sluice serve/);
  }
});

test("without a command it prints the help to stderr and refuses", async () => {
  const { status, stdout, stderr } = await sluice();
  assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
  assert.match(stderr, /^Usage: sluice /);
});

const MISUSES: readonly (readonly [string, RegExp])[] = [
  ["srve", /unknown command 'srve' \(Did you mean serve\?\)/],
  ["serve --wokers 2", /unknown option '--wokers' \(Did you mean --workers\?\)/],
  ["serve --workers two", /argument 'two' is invalid. Expected an integer from 1 to 256/],
  ["serve --workers 0", /argument '0' is invalid/],
  ["serve --config", /option '-c, --config <file>' argument missing/],
  ["serve sluice.yaml", /too many arguments for 'serve'/],
];

for (const [line, complaint] of MISUSES) {
  test(`\`sluice ${line}\` is refused with one line and status 2`, async () => {
    const { status, stdout, stderr } = await sluice(...line.split(" "));
    assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
    assert.match(stderr, /^sluice: [^\n]+ \(see sluice --help\)\n$/);
    assert.match(stderr, complaint);
  });
}

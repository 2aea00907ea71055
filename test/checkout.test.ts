// A checkout as those who work from one use it: its packages installed, and a project made with it.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./support/program.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sluice-checkout-"));
after(() => rmSync(folder, { recursive: true }));

/** npm as a user has it: not as a script of this package. */
const env = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith("npm_"))
      .map((name) => [name, undefined]),
  ),
  npm_config_fund: "false",
  npm_config_audit: "false",
  npm_config_update_notifier: "false",
  npm_config_prefer_offline: "true",
};

test("npm ci is quiet, whatever Node runs npm", async () => {
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
    cpSync(join(root, file), join(folder, file));
  }
  const { status, stderr } = await run("npm", ["ci", "--dry-run"], { cwd: folder, env });
  assert.deepEqual([status, stderr], [0, ""]);
});

test("what init writes in a checkout can be installed there", async () => {
  const project = join(folder, "edge");
  mkdirSync(project);
  const launcher = join(root, "bin", "sluice.js");
  for (const [program = "", ...args] of [
    [launcher, "init", "."],
    ["npm", "install"],
    ["npm", "test"],
    ["npm", "run", "check"],
  ]) {
    const { status, stdout, stderr } = await run(program, args, { cwd: project, env });
    assert.equal(status, 0, stdout + stderr);
  }
});

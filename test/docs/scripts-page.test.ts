// The script and the tests that docs/scripts.md shows run as they stand there.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { run } from "../support/program.ts";
import { pages, ROOT } from "./markdown.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-scripts-page-"));
after(() => rmSync(folder, { recursive: true }));

const blocks = pages.find(({ path }) => path === "docs/scripts.md")?.blocks ?? [];
const only = (info: string): string => {
  const [block, ...others] = blocks.filter((one) => one.info === info);
  assert.ok(block !== undefined && others.length === 0, `one block of ${info}`);
  return block.text;
};

mkdirSync(join(folder, "node_modules"));
symlinkSync(ROOT, join(folder, "node_modules", "sluice"));
for (const name of ["scripts", "test"]) mkdirSync(join(folder, name));
writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
writeFileSync(join(folder, "scripts", "main.ts"), only("ts script"));
writeFileSync(join(folder, "test", "main.test.ts"), only("ts test"));

const sluice = (...args: string[]) =>
  run(process.execPath, [join(ROOT, "bin", "sluice.js"), ...args], { cwd: folder });

test("the script that docs/scripts.md shows has nothing to object to", async () => {
  const { stdout } = await sluice("check", "scripts/main.ts");
  assert.equal(stdout, "scripts/main.ts (1 script): nothing to object to\n");
});

test("the tests that docs/scripts.md shows pass", async () => {
  const { status, stdout, stderr } = await sluice("test");
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /pass 4/);
});

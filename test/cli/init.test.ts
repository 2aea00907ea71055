// `sluice init` and `sluice test` from outside. What npm makes of the project is tested with the
// package (test/pack.test.ts).

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ending, run } from "../support/program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const launcher = join(root, "bin", "sluice.js");
const folder = mkdtempSync(join(tmpdir(), "sluice-init-"));
after(() => rmSync(folder, { recursive: true }));

const sluice = (cwd: string, ...args: string[]): Promise<Ending> =>
  run(process.execPath, [launcher, ...args], { cwd });

/** A project as after `npm install`. */
async function makeProject(name: string): Promise<string> {
  await sluice(folder, "init", name);
  const project = join(folder, name);
  mkdirSync(join(project, "node_modules"));
  symlinkSync(root, join(project, "node_modules", "sluice"));
  return project;
}

test("init makes a project, says what is next, and does not overwrite one", async () => {
  const first = await sluice(folder, "init", "My Edge");
  assert.equal(first.status, 0);
  assert.match(first.stdout, /\n {2}cd My Edge\n {2}npm install\n {2}npm test /);
  const manifest = JSON.parse(readFileSync(join(folder, "My Edge", "package.json"), "utf8"));
  assert.equal(manifest.name, "my-edge");
  const [, way = ""] = /^file:(.*)$/.exec(manifest.dependencies.sluice) ?? [];
  assert.equal(resolve(folder, "My Edge", way), resolve(root), "a checkout is not on a registry");

  const script = join(folder, "My Edge", "scripts", "main.ts");
  writeFileSync(script, "mine");
  const { status, stderr } = await sluice(folder, "init", "My Edge");
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^sluice: Cannot make a project in My Edge: [^\n]*scripts\/main\.ts[^\n]*\n$/,
  );
  assert.equal(readFileSync(script, "utf8"), "mine");
});

test("init refuses a place that is a file", async () => {
  writeFileSync(join(folder, "taken"), "");
  const { status, stderr } = await sluice(folder, "init", "taken");
  assert.equal(status, 1);
  assert.match(stderr, /^sluice: Cannot make a project: expected a folder[^\n]*\n$/);
});

test("what init makes passes its own tests and its own check", async () => {
  const project = await makeProject("passes");
  const tested = await sluice(project, "test");
  assert.equal(tested.status, 0, tested.stdout + tested.stderr);
  assert.match(tested.stdout, /pass 5/);
  const checked = await sluice(project, "check");
  assert.equal(checked.stdout, "sluice.yaml (1 script): nothing to object to\n");
});

test("sluice test mirrors the status of the tests, and runs those that are named", async () => {
  const project = await makeProject("fails");
  const file = join(project, "scripts", "extra.test.ts");
  writeFileSync(
    file,
    `import { test } from "node:test";
test("good", () => undefined);
test("bad", () => { throw new Error("wrong"); });
`,
  );
  const all = await sluice(project, "test");
  assert.equal(all.status, 1);
  assert.match(all.stdout, /pass 6\n.*fail 1/);
  const one = await sluice(project, "test", "scripts/extra.test.ts", "--name", "good");
  assert.equal(one.status, 0, one.stdout);
  assert.match(one.stdout, /pass 1\n.*fail 0/);
});

test("sluice test without tests, or with a file that is not there, is refused", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const none = await sluice(empty, "test");
  assert.deepEqual([none.status, none.stdout], [1, ""]);
  assert.match(none.stderr, /^sluice: Cannot find tests: expected test\/[^\n]*\n$/);
  assert.equal((await sluice(empty, "test", "none.test.ts")).status, 1);
});

// What cells run: JavaScript, also in a checkout, so that they start without stripping types.

import assert from "node:assert/strict";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { cellPrograms, programPath } from "../../../src/fleet/children/programs.ts";

test("cells in a checkout run every module as JavaScript, under the name that it has", async () => {
  const { code, extension, root } = await cellPrograms();
  assert.equal(extension, ".js");
  const sources = globSync("**/*.ts", { cwd: join(import.meta.dirname, "../../../src") });
  const built = globSync("**/*.js", { cwd: code });
  assert.deepEqual(built.sort(), sources.map((name) => name.replace(/ts$/, "js")).sort());
  for (const name of built) {
    const text = readFileSync(join(code, name), "utf8");
    assert.doesNotMatch(text, /^(?:im|ex)port .*"\.{1,2}\/.*\.ts";$/m, name);
  }
  assert.ok(statSync(join(root, "package.json")).isFile());
});

test("a built module finds the package's own modules and what it depends on", async () => {
  const programs = await cellPrograms();
  const engine: unknown = await import(pathToFileURL(programPath(programs, "sandbox/engine")).href);
  assert.ok(typeof engine === "object" && engine !== null && "ScriptIsolate" in engine);
});

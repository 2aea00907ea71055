// esbuild's process dies of one script: the other builds do not notice, and the next ones work.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ScriptFolder, scriptWith } from "./script-folder.ts";

/** Nesting without brackets, which the bound on brackets does not see. */
const killer = scriptWith(`export const a = ${"!".repeat(1_900_000)}1;`);

test("a script that kills the bundler fails alone", async () => {
  using folder = new ScriptFolder({ "killer.ts": killer, "main.ts": scriptWith("") });
  const honest = Array.from({ length: 4 }, () => folder.bundle());
  const [killed, ...built] = await Promise.all([folder.bundle("killer.ts"), ...honest]);
  assert.ok(!killed.ok);
  // on a slow machine its time is over before its stack is
  assert.match(killed.errors[0]?.text ?? "", /^The bundler broke down|^Bundling took more than/);
  for (const bundle of built) assert.ok(bundle.ok);
  assert.ok((await folder.bundle()).ok);
});

/** They have its process to themselves. */
const ALONE = /^(?:control\/bundle-service\.ts|fleet\/trials\/bundler-)/;

test("whoever uses esbuild says so: what it is at work on when it is ended never settles", () => {
  const source = fileURLToPath(new URL("../../src/", import.meta.url));
  const users = globSync("**/*.ts", { cwd: source }).filter((path) => {
    const text = readFileSync(join(source, path), "utf8");
    return /^import \{[^}]*\b(?:build|transform)\b[^}]*\} from "esbuild"/m.test(text);
  });
  const others = users.filter((path) => !ALONE.test(path));
  assert.ok(others.length > 1, others.join());
  for (const path of others) {
    const text = readFileSync(join(source, path), "utf8");
    const uses = text.match(/\b(?:build|transform)\(/g)?.length ?? 0;
    assert.ok(uses > 0, path);
    assert.equal(text.match(/usingEsbuild\(\(\) =>\s+(?:build|transform)\(/g)?.length, uses, path);
  }
});

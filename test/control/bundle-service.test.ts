// esbuild's process dies of one script: the other builds do not notice, and the next ones work.

import assert from "node:assert/strict";
import { test } from "node:test";
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

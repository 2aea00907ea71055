// Finding our own files. That the same works in the package is tested by installing it
// (pack.test.ts).

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { entryPath, entryUrl, packageUrl, sdkPath } from "../../src/base/entry.ts";

test("a module of ours is found by the name of its folder and file", () => {
  assert.ok(existsSync(entryUrl("cli/main")));
  assert.ok(entryPath("cli/main").endsWith("/src/cli/main.ts"));
});

test("the SDK is found as TypeScript, for the bundler", () => {
  assert.ok(existsSync(sdkPath("types.ts")));
});

test("the package's folder is the one with package.json", () => {
  assert.ok(existsSync(new URL("package.json", packageUrl)));
});

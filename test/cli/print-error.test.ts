// What a failed command prints.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { ConfigError } from "../../src/base/config/load.ts";
import { describeError } from "../../src/cli/print-error.ts";
import { run } from "../support/program.ts";

const describe = (error: unknown): string => stripVTControlCharacters(describeError(error));

test("an expected failure is one line, without a stack", () => {
  assert.equal(describe(new Error("Cannot listen on :80")), "sluice: Cannot listen on :80\n");
});

test("each mistake of a configuration is a line", () => {
  const at = { file: "a.yaml", line: 1, column: 2, where: "workers" };
  const error = new ConfigError([
    { ...at, text: "expected x" },
    { ...at, line: 3, text: "expected y" },
  ]);
  assert.equal(
    describe(error),
    "sluice: a.yaml:1:2: workers: expected x\nsluice: a.yaml:3:2: workers: expected y\n",
  );
});

test("a defect is printed with its stack", () => {
  const text = describe(new TypeError("x is not a function"));
  assert.match(text, /^sluice: internal error: TypeError: x is not a function\n {4}at /);
});

test("colour is left out where NO_COLOR asks for that, and where nobody looks", async () => {
  const module = new URL("../../src/cli/print-error.ts", import.meta.url).href;
  const code = `const { printError } = await import("${module}"); printError(new Error("no"));`;
  const print = (env: Record<string, string | undefined>) =>
    run(process.execPath, ["--input-type=module", "-e", code], {
      env: { NO_COLOR: undefined, FORCE_COLOR: undefined, NODE_DISABLE_COLORS: undefined, ...env },
    });
  assert.equal((await print({})).stderr, "sluice: no\n");
  assert.equal((await print({ NO_COLOR: "1" })).stderr, "sluice: no\n");
  assert.equal((await print({ FORCE_COLOR: "1" })).stderr, "\u001b[31msluice:\u001b[39m no\n");
});

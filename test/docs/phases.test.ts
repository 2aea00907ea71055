// docs/phases.md tells of every hook, in the order in which they run, and of nothing that is none;
// the drawing in docs/life-of-a-request.md has them all too.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HOOKS } from "../../src/wire/phases.ts";
import { ROOT } from "./markdown.ts";

const PHASES = readFileSync(join(ROOT, "docs/phases.md"), "utf8");
const LIFE = readFileSync(join(ROOT, "docs/life-of-a-request.md"), "utf8");
const DOWNSTREAM = globSync("src/downstream/*.ts", { cwd: ROOT })
  .map((path) => readFileSync(join(ROOT, path), "utf8"))
  .join("");

const first = (pattern: RegExp): string[] =>
  [...PHASES.matchAll(pattern)].map((match) => match[1] ?? "");

test("the table has every hook, in order", () => {
  assert.deepEqual(first(/^\| \d+ \| \[`(\w+)`\]/gm), [...HOOKS]);
});

test("each hook has its section, in order", () => {
  assert.deepEqual(first(/^### (\w+)$/gm), [...HOOKS]);
});

test("the drawing has every hook", () => {
  assert.deepEqual(
    HOOKS.filter((hook) => !LIFE.includes(hook)),
    [],
  );
});

test("the functions that the drawing names exist", () => {
  const names = new Set([...LIFE.matchAll(/\b(\w+)\(\)/g)].map((match) => match[1] ?? ""));
  assert.ok(names.size > 10);
  const missing = [...names].filter(
    (name) => !new RegExp(`[ #]${name}(?:\\(| = \\()`).test(DOWNSTREAM),
  );
  assert.deepEqual(missing, []);
});

// CONTRIBUTING.md: its commands are those that there are, and a recipe that touches too many files
// means that the code wants a change first.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./markdown.ts";

const PAGE = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
const FILES_MAX = 5;

test("no recipe has more than five steps or files to touch, and its files are there", () => {
  const [, recipes = ""] = PAGE.split("## Recipes");
  const sections = recipes.split("### ").slice(1);
  assert.ok(sections.length >= 5);
  for (const section of sections) {
    const steps = section.match(/^\d+\. /gm)?.length ?? 0;
    assert.ok(steps >= 2 && steps <= FILES_MAX, section);
    // others are examples, or where it may be instead
    const [list = ""] = section.slice(section.indexOf("1. ")).split("\n\n");
    const touched = list.match(/(?<!\b(?:as|or|beside)\s+)\[[\w/.-]+\]\(/g)?.length ?? 0;
    assert.ok(touched <= FILES_MAX, section);
    for (const [, path = ""] of section.matchAll(/\]\(([\w./-]+)\)/g)) {
      assert.ok(existsSync(join(ROOT, path)), path);
    }
  }
});

test("every file and npm script that its commands name is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const files = [...PAGE.matchAll(/\b((?:test|bench|src|sdk)\/[\w/-]+\.ts)\b/g)];
  assert.ok(files.length > 10);
  for (const [, path = ""] of files) assert.ok(existsSync(join(ROOT, path)), path);
  for (const [, name = ""] of PAGE.matchAll(/`npm run ([\w:]+)/g)) assert.ok(name in scripts, name);
});

// docs/cli.md and the command line say the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { placesOf } from "../../src/cli/completion/tree.ts";
import { helpPage } from "../../src/cli/help-page.ts";
import { makeProgram } from "../../src/cli/program.ts";

const PAGE = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

test("docs/cli.md is what the commands print (if not: npm run docs)", () => {
  assert.equal(PAGE, helpPage());
});

test("every command has an example", () => {
  const sections = PAGE.split(/^#+ sluice/m).slice(1);
  const places = placesOf(makeProgram(() => undefined)).filter(({ path }) => path !== "");
  assert.ok(sections.length > 30, `${sections.length} commands`);
  assert.ok(places.length >= sections.length - 1);
  for (const section of sections) {
    assert.match(section, /\nExamples:\n {2}\$ /, section.slice(0, 60));
  }
});

test("a default is said in the words of who types, not of the program", () => {
  assert.doesNotMatch(PAGE, /default:\s+(?:\{|\[|null|undefined|NaN)/);
});

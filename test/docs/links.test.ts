// Links inside the documentation lead somewhere: to a file, and to a heading of it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { pages, ROOT, readPage } from "./markdown.ts";

const byPath = new Map(pages.map((page) => [page.path, page]));

function problemOf(from: string, link: string): string | null {
  const [file = "", anchor] = link.split("#");
  const path = file === "" ? from : posix.join(posix.dirname(from), file);
  if (!existsSync(join(ROOT, path))) return `${from}: there is no ${path}`;
  if (anchor === undefined) return null;
  // a page may lead to one that is not of the documentation: to what was measured
  const page = byPath.get(path) ?? readPage(path, readFileSync(join(ROOT, path), "utf8"));
  if (page.anchors.has(anchor)) return null;
  return `${from}: ${path} has no heading #${anchor}`;
}

test("every link leads to a file, and every anchor to a heading", () => {
  const links = pages.flatMap(({ path, links }) => links.map((link) => ({ path, link })));
  assert.ok(links.length > 20, "the pages link to each other");
  const problems = links.map(({ path, link }) => problemOf(path, link));
  assert.deepEqual(
    problems.filter((problem) => problem !== null),
    [],
  );
});

test("links that lead nowhere would be found", () => {
  const { links, anchors } = readPage(
    "docs/x.md",
    "# What `x` is for\n[a](none.md) [b](#what-x-is-for) [c](https://example.com) `[d](e)`\n",
  );
  assert.deepEqual(links, ["none.md", "#what-x-is-for"]);
  assert.ok(anchors.has("what-x-is-for"));
  assert.equal(problemOf("docs/x.md", "none.md"), "docs/x.md: there is no docs/none.md");
  const elsewhere = problemOf("docs/x.md", "../bench/RESULTS.md#none");
  assert.equal(elsewhere, "docs/x.md: bench/RESULTS.md has no heading #none");
});

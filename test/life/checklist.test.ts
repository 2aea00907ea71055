// docs/http-checklist.md: every point has its tests, or says why not, and the tests are there.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const POINTS = 65;

const root = new URL("../../", import.meta.url);
const text = readFileSync(new URL("docs/http-checklist.md", root), "utf8");
const rows = text
  .split("\n")
  .filter((line) => /^\| (?!---)/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

const filesIn = (cell: string): string[] =>
  [...cell.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, f = ""]) => f);

test("the check-list has every point once, in order", () => {
  const numbers = rows.map(([first]) => Number(first)).filter((number) => number > 0);
  assert.deepEqual(
    numbers,
    Array.from({ length: POINTS }, (_, index) => index + 1),
  );
});

test("each row names its tests, or says why it has none", () => {
  const last = rows.map((row) => row.at(-1) ?? "").filter((cell) => cell !== "tested in");
  for (const cell of last) assert.ok(filesIn(cell).length > 0 || cell.split(" ").length > 4, cell);
});

test("each file that is named exists and holds tests", () => {
  const files = new Set(filesIn(text));
  assert.ok(files.size > 15);
  for (const file of files) {
    const path = fileURLToPath(new URL(file, root));
    assert.ok(existsSync(path), file);
    assert.match(readFileSync(path, "utf8"), /^ *(?:await )?test\(/m, file);
  }
});

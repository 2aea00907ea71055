// The glossary of docs/architecture.md and the code have the same words.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./markdown.ts";

interface Row {
  readonly word: string;
  readonly names: readonly { readonly name: string; readonly folder: string }[];
}

const architecture = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
const rows: readonly Row[] = (architecture.split("\n## Glossary\n")[1] ?? "")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(2)
  .map((line) => {
    const [word = "", , code = ""] = line.slice(2, -2).split(" | ");
    const found = [...code.matchAll(/`(\w+)` in `([\w/]+)`/g)];
    const names = found.map(([, name = "", folder = ""]) => ({ name, folder }));
    return { word, names };
  });

/** By exported name, the files of src that export it; commands have names of their own. */
const exporters = new Map<string, string[]>();
for (const path of globSync("**/*.ts", { cwd: join(ROOT, "src"), exclude: ["cli/**"] })) {
  const text = readFileSync(join(ROOT, "src", path), "utf8");
  const exported = text.matchAll(
    /^export (?:abstract |async )?(?:class|interface|type|const|function) (\w+)/gm,
  );
  for (const [, name = ""] of exported) {
    exporters.set(name, [...(exporters.get(name) ?? []), path.replaceAll("\\", "/")]);
  }
}

test("the glossary explains names that the code exports, each once and where it says", () => {
  assert.ok(rows.length > 30);
  const problems = rows.flatMap(({ word, names }) => {
    if (names.length === 0) return [`${word} names nothing`];
    return names.flatMap(({ name, folder }) => {
      const paths = exporters.get(name) ?? [];
      const isThere = paths.length === 1 && paths[0]?.startsWith(`${folder}/`);
      return isThere ? [] : [`${word}: ${name} is exported by ${paths.join(", ") || "no file"}`];
    });
  });
  assert.deepEqual(problems, []);
});

test("its words are in order, and no word or name is there twice", () => {
  const words = rows.map(({ word }) => word);
  assert.deepEqual(words, [...words].sort());
  assert.equal(new Set(words).size, words.length);
  const names = rows.flatMap(({ names }) => names.map(({ name }) => name));
  assert.equal(new Set(names).size, names.length);
});

// The style rules that a machine can check, for every source file: who imports whom, sizes, and
// what is not written here. tidy/ holds how it is found out.

import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cyclesAmong, ENGINE, type Import, objection, packageObjection } from "./tidy/floors.ts";
import { readSource, type SourceFile } from "./tidy/source-file.ts";

const FILE_LINES_MAX = 250;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 100;

/** Files that hold one idea and yet are longer. Explicit, and meant to stay short. */
const LONG_FILES: readonly string[] = [
  // made of the admin API's schemas: npm run schema
  "dashboard/base/answers.ts",
];

/** Where a default export is what someone outside asks for: phase scripts, and node:test. */
const DEFAULT_EXPORTS =
  /^(?:scripts|bench\/peers|test\/fixtures)\/|^(?:test\/run\/reporter|sdk\/text-files\.d)\.ts$/;

const root = fileURLToPath(new URL("../", import.meta.url));

const files: readonly SourceFile[] = globSync(
  "{src,sdk,test,scripts,bench,dashboard,.ci}/**/*.{ts,tsx}",
  {
    cwd: root,
    exclude: ["bench/.peers/**", "**/node_modules/**"],
  },
)
  .map((path) => path.replaceAll("\\", "/"))
  .sort()
  .map((path) => readSource(root, path));

const ours = files.filter(({ path }) => /^(?:src|sdk)\//.test(path));

/** Imports of our own files, by path. */
const inside: readonly Import[] = files.flatMap(({ path, imports }) =>
  imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, isType }) => ({
      from: path,
      to: posix.join(posix.dirname(path), specifier),
      isType,
    })),
);

/** Fails with one line for each thing that is wrong. */
const expectNone = (wrong: readonly string[]): void =>
  assert.equal(wrong.length, 0, `\n  ${wrong.join("\n  ")}\n`);

const each = (look: (file: SourceFile) => readonly string[]): string[] =>
  files.flatMap((file) => look(file).map((text) => `${file.path}${text}`));

test("imports go down the floors, never up and never to a sibling", () => {
  assert.ok(inside.length > 0);
  const wrong = inside.flatMap((edge) => {
    const reason = objection(edge);
    return reason === null ? [] : [`${edge.from} imports ${edge.to}: ${reason}`];
  });
  expectNone(wrong);
});

test("packages are imported only where they may be", () => {
  const wrong = each(({ path, imports }) =>
    imports
      .filter(({ specifier }) => !specifier.startsWith("."))
      .map(({ specifier }) => ({ specifier, reason: packageObjection(path, specifier) }))
      .filter(({ reason }) => reason !== null)
      .map(({ specifier, reason }) => ` imports ${specifier}: ${reason}`),
  );
  expectNone(wrong);
});

test("no import closes a cycle, types included", () => {
  expectNone(cyclesAmong(inside));
});

test(`a file has at most ${FILE_LINES_MAX} lines`, () => {
  const long = files.filter(({ lines }) => lines.length > FILE_LINES_MAX);
  expectNone(
    long
      .filter(({ path }) => !LONG_FILES.includes(path))
      .map(({ path, lines }) => `${path}: ${lines.length} lines`),
  );
  const excused = LONG_FILES.filter((path) => !long.some((file) => file.path === path));
  assert.deepEqual(excused, [], "excused, but not too long any more");
});

test(`a function has at most ${FUNCTION_LINES_MAX} lines`, () => {
  const wrong = each(({ functions }) =>
    functions
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .map(({ line, lines }) => `:${line}: ${lines} lines`),
  );
  expectNone(wrong);
});

/** A test's title is a sentence, and what it expects is a text: neither can be wrapped. */
const isTestText = (path: string, line: string): boolean =>
  path.startsWith("test/") && /["'`].{40,}["'`]/.test(line);

test(`a line has at most ${LINE_COLUMNS_MAX} columns`, () => {
  const wrong = each(({ path, lines }) =>
    [...lines.entries()]
      .filter(([, line]) => [...line].length > LINE_COLUMNS_MAX && !isTestText(path, line))
      .map(([index, line]) => `:${index + 1}: ${[...line].length} columns`),
  );
  expectNone(wrong);
});

test("a file begins with a comment that says what lives in it", () => {
  expectNone(each(({ lines }) => (/^\/\/ \S|^\/\*\*?/.test(lines[0] ?? "") ? [] : [""])));
});

test("nothing but a phase script has a default export", () => {
  expectNone(
    each(({ path, hasDefaultExport }) =>
      hasDefaultExport && !DEFAULT_EXPORTS.test(path) ? [" has a default export"] : [],
    ),
  );
});

test("no type is any, and no assertion goes through unknown", () => {
  const wrong = each(({ types }) =>
    [...types.split("\n").entries()]
      .filter(([, line]) => /\bany\b(?!\()|\bas\s+unknown\s+as\b/.test(line))
      .map(([index, line]) => `:${index + 1}: ${line.trim()}`),
  );
  expectNone(wrong);
});

test("no file is named after nothing in particular", () => {
  const vague = /\/(?:utils?|helpers?|common|misc|[a-z-]*manager)(?:\.ts|\/)/;
  expectNone(ours.filter(({ path }) => vague.test(path)).map(({ path }) => path));
});

test("every bound in limits.ts bounds something", () => {
  const limits = ours.find(({ path }) => path === "src/base/limits.ts");
  const names = limits?.lines.flatMap((line) => /^ {2}(\w+): /.exec(line)?.[1] ?? []) ?? [];
  assert.ok(names.length > 50);
  const others = ours.filter((file) => file !== limits).flatMap(({ lines }) => lines);
  const words = new Set(others.flatMap((line) => line.match(/\w+/g) ?? []));
  expectNone(names.filter((name) => !words.has(name)));
});

test("the rules themselves object to what they forbid", () => {
  const up = objection({ from: "src/http1/a.ts", to: "src/fleet/b.ts", isType: true });
  const across = objection({ from: "src/downstream/a.ts", to: "src/control/b.ts", isType: true });
  const bundled = objection({ from: "src/phases/a.ts", to: "sdk/index.ts", isType: false });
  const [main, worker] = ["src/fleet/main/workers/a.ts", "src/fleet/worker/b.ts"];
  const toMain = objection({ from: worker, to: main, isType: true });
  const toWorker = objection({ from: main, to: worker, isType: true });
  assert.equal(up, "fleet is above http1");
  assert.equal(toMain, "main/workers is above worker");
  assert.equal(toWorker, "what the main thread and its workers share lies in shared");
  assert.equal(across, "downstream and control are siblings");
  assert.equal(bundled, "sdk is bundled, never imported, types aside");
  assert.equal(objection({ from: "src/phases/a.ts", to: "sdk/types.ts", isType: true }), null);
  assert.equal(
    packageObjection("src/fleet/a.ts", "isolated-vm"),
    `only ${ENGINE} knows isolated-vm`,
  );
  const [one, two] = [
    { from: "a", to: "b", isType: true },
    { from: "b", to: "a", isType: false },
  ];
  assert.deepEqual(cyclesAmong([one, two]), ["a → b → a"]);
});

// Bundling: what comes out runs, and what is wrong is reported with its place.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { bundleScript } from "../../src/control/bundle.ts";
import { EXTRAS } from "../../src/control/bundle-extras.ts";
import { buildRuntime, sluiceExports } from "../../src/control/bundle-runtime.ts";
import { bundled, load, ScriptFolder, scriptWith } from "./script-folder.ts";

test("a script of several files and a package becomes one text that runs", async () => {
  using folder = new ScriptFolder({
    "main.ts": `import { definePhases } from "sluice";
      import { answer } from "./lib/answer.ts";
      import pack, { type Made } from "pack";
      import data from "./data.json" with { type: "json" };
      const made: Made = pack(answer);
      const isModule = (() => this)() === undefined;
      export default definePhases({ requestFilter: () => [made, data.a, isModule] });`,
    "lib/answer.ts": "export const answer: number = 42;",
    "data.json": '{ "a": 5 }',
    "package.json": "{}",
    "node_modules/pack/package.json":
      '{ "exports": { "worker": "./worker.mjs", "node": "./no.js" } }',
    "node_modules/pack/worker.mjs": "export default (n) => n + 1;",
  });
  const bundle = await bundled(folder);
  assert.deepEqual(load(bundle), [["requestFilter"], "undefined", [43, 5, true]]);
  assert.equal(bundle.bytes, Buffer.byteLength(bundle.code));
  assert.equal(bundle.sha256, createHash("sha256").update(bundle.code).digest("hex"));
  assert.deepEqual(bundle.warnings, []);
});

test("the same files give the same bundle, wherever their folder is", async () => {
  const files = { "main.ts": scriptWith("export const a = 1;") };
  using one = new ScriptFolder(files);
  using other = new ScriptFolder(files);
  const [first, second] = [await bundled(one), await bundled(other)];
  assert.equal(first.sha256, second.sha256);
  assert.equal(first.map, second.map);
});

test("a bundle is ASCII, whatever its sources are", async () => {
  using folder = new ScriptFolder({ "main.ts": scriptWith('export const a = "é\u{1f600}";') });
  assert.match((await bundled(folder)).code, /^[\0-\x7f]*$/);
});

test("a script is strict, as modules are", async () => {
  using folder = new ScriptFolder({
    "main.ts": `import { definePhases } from "sluice";
      export default definePhases({
        requestFilter() { try { undeclared = 1; } catch { return "strict"; } }
      });`,
  });
  assert.deepEqual(load(await bundled(folder)), [["requestFilter"], "undefined", "strict"]);
});

test("what a script does not import of sluice leaves no name in its bundle", async () => {
  using folder = new ScriptFolder({ "main.ts": scriptWith("export const a = 1;") });
  const { code } = await bundled(folder);
  const names = (await sluiceExports()).filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  assert.deepEqual(names, ["definePhases"]);
});

test("a part of the runtime is found by the names that need it, and by nothing else", async () => {
  const { extras } = await buildRuntime();
  const needed = (code: string): string[] =>
    EXTRAS.filter((_, i) => new RegExp(extras[i]?.pattern ?? "").test(code)).map((e) => e.name);
  for (const [statement, names] of [
    ["new URL('a:b')", ["url"]],
    ["new globalThis.URLSearchParams()", ["url"]],
    ["Response.redirect('https://a.example/')", ["url"]],
    ["new Request('https://a.example/')", ["url", "events"]],
    ["AbortSignal.any([])", ["events"]],
    ["new Response('URLs'); const url = 1; console.log(url, prevent, Events)", []],
  ] as const) {
    assert.deepEqual(needed(statement), names, statement);
  }
});

test("a syntax error is reported where it is, counted in characters from 1", async () => {
  using folder = new ScriptFolder({ "main.ts": scriptWith('const é = "ü"; const = 1;') });
  const [problem, ...more] = await folder.problems();
  assert.match(problem ?? "", /^main\.ts:2:22 /);
  assert.deepEqual(more, []);
});

test("every mistake is reported, not only the first", async () => {
  using folder = new ScriptFolder({
    "main.ts": scriptWith('import "./a.ts";\nimport "./no.ts";\nimport "no-such-package";'),
    "a.ts": "import './neither.ts';",
  });
  assert.deepEqual((await folder.problems()).sort(), [
    'a.ts:1:8 Cannot import "./neither.ts": it cannot be found: expected a file of the script',
    'main.ts:3:8 Cannot import "./no.ts": it cannot be found: expected a file of the script',
    'main.ts:4:8 Cannot import "no-such-package": it cannot be found: ' +
      "expected a package in the script's node_modules",
  ]);
});

test("a name that the module sluice does not export is an error at its place", async () => {
  using folder = new ScriptFolder({
    "main.ts":
      'import {\n  definePhases,\n  countr } from "sluice";\n' +
      "export default definePhases({ a: countr });",
  });
  const names = (await sluiceExports()).join(", ");
  assert.deepEqual(await folder.problems(), [
    `main.ts:3:3 "sluice" has no export "countr": expected one of ${names}`,
  ]);
});

test("every value that the module sluice exports can be imported", async () => {
  const names = await sluiceExports();
  assert.ok(names.includes("definePhases"));
  using folder = new ScriptFolder({
    "main.ts": `import { ${names.join(", ")} } from "sluice";\nconsole.log(${names.join(", ")});
      export default definePhases({});`,
  });
  assert.deepEqual(await folder.problems(), []);
});

test("a script without a default export is told what is expected", async () => {
  for (const text of ["export const a = 1;", "const a = 1;", "", "module.exports = {};"]) {
    using folder = new ScriptFolder({ "main.ts": text });
    assert.deepEqual(await folder.problems(), [
      "main.ts:1:1 expected export default definePhases({...})",
    ]);
  }
});

test("import() is for literals only, and top-level await is an error", async () => {
  using folder = new ScriptFolder({
    "main.ts": scriptWith('export const a = () => import("./b.ts");'),
    "b.ts": "export const b = 2;",
    "dynamic.ts": scriptWith("const name = './b.ts';\nexport const a = import(name);"),
    "await.ts": scriptWith("await null;"),
  });
  assert.deepEqual(await folder.problems(), []);
  assert.deepEqual(await folder.problems("dynamic.ts"), [
    "dynamic.ts:3:18 import() of an expression is not possible: expected a string literal",
  ]);
  assert.deepEqual(await folder.problems("await.ts"), [
    "await.ts:2:1 top-level await is not possible in a script: await in a hook " +
      "(memoryCache keeps values)",
  ]);
});

test("what esbuild says of its settings is said in the terms of a script", async () => {
  using folder = new ScriptFolder({
    "main.ts": `${scriptWith("console.log(import.meta.url);")}eval("1");\n`,
    "lib.ts": "",
  });
  const { warnings } = await bundled(folder);
  assert.deepEqual(
    warnings.map(({ line, text }) => [line, text.slice(0, 31)]),
    [
      [2, "import.meta is not possible in "],
      [4, "eval throws in a script: expect"],
    ],
  );
});

test("a warning comes with the bundle", async () => {
  using folder = new ScriptFolder({
    "main.ts": scriptWith("export const a = Math.random() === NaN;"),
  });
  const { warnings } = await bundled(folder);
  assert.deepEqual(
    warnings.map(({ file, line }) => [file, line]),
    [["main.ts", 2]],
  );
});

test("a file that is not there is a problem and not a throw", async () => {
  const bundle = await bundleScript("/no/such/main.ts");
  assert.ok(!bundle.ok);
  assert.match(bundle.errors[0]?.text ?? "", /^Cannot read the script/);
});

test("the runtime's bundles are ASCII scripts, and one of them has URL", async () => {
  const { kernel, extras } = await buildRuntime();
  const codes = extras.map(({ code }) => code);
  for (const code of [kernel, ...codes]) assert.match(code, /^[\0-\x7f]+$/);
  assert.equal(codes.filter((code) => /\bURLSearchParams:/.test(code)).length, 1);
  assert.doesNotMatch(kernel, /\bURLSearchParams:/);
  assert.doesNotThrow(() => new Function(kernel));
});

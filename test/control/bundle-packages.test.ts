// Packages as npm has them: each fixture has the shape of a real one that was refused, or bundled
// wrongly.

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { ScriptFolder } from "./script-folder.ts";

/** What the script's `requestFilter` gives, in a realm without anything of Node's. */
async function resultOf(folder: ScriptFolder, entry = "main.ts"): Promise<unknown> {
  const bundle = await folder.bundle(entry);
  assert.ok(bundle.ok, JSON.stringify(bundle));
  assert.deepEqual(bundle.warnings, []);
  const realm = createContext({ __sluice: { definePhases: (phases: unknown) => phases } });
  runInContext(bundle.code, realm);
  return JSON.parse(
    String(runInContext("JSON.stringify(__sluiceScript.default.requestFilter())", realm)),
  );
}

const returning = (imports: string, value: string): string =>
  `import { definePhases } from "sluice";\n${imports}\n` +
  `export default definePhases({ requestFilter: () => ${value} });\n`;

function link(folder: ScriptFolder, target: string, name: string): void {
  mkdirSync(dirname(folder.at(name)), { recursive: true });
  symlinkSync(folder.at(target), folder.at(name));
}

test("require of a package with two builds gets the one for require (json-bigint)", async () => {
  using folder = new ScriptFolder({
    "main.ts": returning(
      'import json from "json-big";\nimport Big from "big";',
      "[json, new Big().of]",
    ),
    "package.json": "{}",
    "node_modules/json-big/package.json": '{ "main": "index.js" }',
    "node_modules/json-big/index.js": 'const Big = require("big"); module.exports = new Big().of;',
    "node_modules/big/package.json": JSON.stringify({
      exports: { ".": { import: "./big.mjs", require: "./big.js" } },
    }),
    "node_modules/big/big.mjs": 'export default class Big { of = "import" }',
    "node_modules/big/big.js": 'module.exports = class Big { of = "require" }',
  });
  assert.deepEqual(await resultOf(folder), ["require", "import"]);
});

test("a browser map says what stands in for files and parts of Node.js (qs, crypto-js)", async () => {
  using folder = new ScriptFolder({
    "main.ts": returning('import pack from "pack";', "pack"),
    "package.json": "{}",
    "node_modules/pack/package.json": JSON.stringify({
      main: "./index.js",
      browser: {
        "./lib/node.js": "./lib/web.js",
        "./lib/inspect.js": false,
        "./lib/highlight": false,
        crypto: false,
        "node:fs": false,
        buffer: "small-buffer",
      },
    }),
    "node_modules/pack/index.js": `module.exports = [
      require("./lib/node"), require("./lib/inspect"), require("./lib/inspect.js"),
      require("./lib/highlight"), require("crypto"), require("node:fs"), require("buffer").name,
    ];`,
    "node_modules/pack/lib/node.js": 'require("fs"); module.exports = "node";',
    "node_modules/pack/lib/web.js": 'module.exports = "web";',
    "node_modules/pack/lib/inspect.js": 'module.exports = require("util").inspect;',
    "node_modules/pack/lib/highlight.js": 'module.exports = require("util").inspect;',
    "node_modules/small-buffer/package.json": '{ "main": "index.js" }',
    "node_modules/small-buffer/index.js": 'exports.name = "small";',
  });
  assert.deepEqual(await resultOf(folder), ["web", {}, {}, {}, {}, {}, "small"]);
});

test("what a package only tries to require is missing when it runs, and may be caught", async () => {
  const tried = `let crypto = "none";
    try { crypto = require("crypto"); } catch {}
    let web = "none";
    try { web = require("node:crypto"); } catch (error) { web = error instanceof Error; }
    let other = "none";
    try { other = require("not-installed"); } catch {}
    module.exports = [crypto, web, other];`;
  using folder = new ScriptFolder({
    "main.ts": returning('import pack from "pack";', "pack"),
    "package.json": "{}",
    "node_modules/pack/package.json": '{ "main": "index.js" }',
    "node_modules/pack/index.js": tried,
    "needed.ts": returning('import pack from "./needed.cjs";', "pack"),
    "needed.cjs": 'module.exports = require("crypto");',
  });
  assert.deepEqual(await resultOf(folder), ["none", true, "none"]);
  assert.match((await folder.problems("needed.ts")).join(), /needed\.cjs:1:26 .*part of Node\.js/);
});

test("of a package of a thousand small files those count that are used (lodash-es)", async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `f${index}`);
  using folder = new ScriptFolder({
    "main.ts": returning('import { f7 } from "many";', "f7()"),
    "package.json": "{}",
    "node_modules/many/package.json":
      '{ "main": "index.js", "type": "module", "sideEffects": false }',
    "node_modules/many/index.js": names.map((name) => `export * from "./${name}.js";`).join("\n"),
  });
  for (const name of names) {
    folder.write(`node_modules/many/${name}.js`, `export const ${name} = () => "${name}";`);
  }
  assert.equal(await resultOf(folder), "f7");
});

test("a path that a package does not export is told as that", async () => {
  using folder = new ScriptFolder({
    "main.ts": returning('import pack from "pack/inner.js";', "pack"),
    "package.json": "{}",
    "node_modules/pack/package.json": '{ "exports": { ".": "./index.js" } }',
    "node_modules/pack/index.js": "",
    "node_modules/pack/inner.js": "",
  });
  assert.match(
    (await folder.problems()).join(),
    /it cannot be found: the package pack does not export \.\/inner\.js/,
  );
});

test("members of an npm workspace that the script depends on are bundled with it", async () => {
  using folder = new ScriptFolder({
    "package.json": '{ "workspaces": ["packages/*"] }',
    "packages/edge/package.json": '{ "dependencies": { "@acme/shared": "*" } }',
    "packages/edge/main.ts": returning('import { hi } from "@acme/shared";', "hi()"),
    "packages/edge/other.ts": returning('import { secret } from "private";', "secret"),
    "packages/shared/package.json": '{ "main": "src/index.ts", "dependencies": { "deep": "*" } }',
    "packages/shared/src/index.ts":
      'import { name } from "deep"; export const hi = () => "hi " + name;',
    "packages/deep/package.json": '{ "main": "index.ts" }',
    "packages/deep/index.ts": 'import up from "hoisted"; export const name: string = up;',
    "packages/private/package.json": '{ "main": "index.ts" }',
    "packages/private/index.ts": 'export const secret = "not of its dependencies";',
    "node_modules/hoisted/package.json": '{ "main": "index.js" }',
    "node_modules/hoisted/index.js": 'module.exports = "there";',
  });
  link(folder, "packages/shared", "node_modules/@acme/shared");
  link(folder, "packages/deep", "node_modules/deep");
  link(folder, "packages/private", "node_modules/private");
  assert.equal(await resultOf(folder, "packages/edge/main.ts"), "hi there");
  assert.match(
    (await folder.problems("packages/edge/other.ts")).join(),
    /Cannot import "private": it is outside the script's folder.*package\.json names/,
  );
});

test("members and packages of a pnpm workspace are bundled with the script", async () => {
  const store = "node_modules/.pnpm/pack@1.0.0/node_modules/pack";
  using folder = new ScriptFolder({
    "package.json": "{}",
    "pnpm-workspace.yaml": "packages: [edge, shared]\n",
    "edge/package.json": '{ "dependencies": { "shared": "workspace:*", "pack": "1" } }',
    "edge/main.ts": returning('import a from "shared";\nimport b from "pack";', "[a, b]"),
    "shared/package.json": '{ "main": "index.ts" }',
    "shared/index.ts": 'export default "shared" as string;',
    [`${store}/package.json`]: '{ "main": "index.js" }',
    [`${store}/index.js`]: 'module.exports = "stored";',
  });
  link(folder, "shared", "edge/node_modules/shared");
  link(folder, store, "edge/node_modules/pack");
  assert.deepEqual(await resultOf(folder, "edge/main.ts"), ["shared", "stored"]);
});

test("warnings are those of the author's own files", async () => {
  using folder = new ScriptFolder({
    "main.ts": returning('import pack from "pack";', "typeof pack === 'nothing'"),
    "package.json": "{}",
    "node_modules/pack/package.json": '{ "main": "index.js" }',
    "node_modules/pack/index.js": "module.exports = 1; if (typeof module === 'null') throw 1;",
  });
  const bundle = await folder.bundle();
  assert.ok(bundle.ok);
  assert.deepEqual(
    bundle.warnings.map(({ file, line }) => [file, line]),
    [["main.ts", 3]],
  );
});

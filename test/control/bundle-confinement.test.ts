// A bundle is made of the script's own folder and its packages: every other way to a file is tried
// here, with a secret that must appear neither in a bundle nor in a message.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import { ScriptFolder, scriptWith } from "./script-folder.ts";

const SECRET = "tell-nobody-4711";
const SECRET_MODULE = `export default "${SECRET}";`;

/** A folder with a secret beside it, that an import must not reach. */
function folderWith(files: Readonly<Record<string, string>>): ScriptFolder {
  return new ScriptFolder({ "package.json": "{}", "../secret.ts": SECRET_MODULE, ...files });
}

/** The text of the one problem, after a look that nothing of the secret is in what came back. */
async function problemOf(folder: ScriptFolder, entry = "main.ts"): Promise<string> {
  const bundle = await folder.bundle(entry);
  assert.ok(!JSON.stringify(bundle).includes(SECRET), "the secret is in the answer");
  assert.ok(!bundle.ok, "it was bundled");
  const [problem, ...more] = bundle.errors;
  assert.deepEqual(more, []);
  return problem?.text ?? "";
}

const refusesImport = async (specifier: string, reason: RegExp): Promise<void> => {
  using folder = folderWith({
    "main.ts": scriptWith(`import secret from ${JSON.stringify(specifier)};\nconsole.log(secret);`),
  });
  assert.match(await problemOf(folder), reason);
};

test("a relative path out of the folder is refused", async () => {
  await refusesImport("../secret.ts", /outside the script's folder/);
  await refusesImport("./lib/../../secret.ts", /outside the script's folder|cannot be found/);
  await refusesImport("../secret", /outside the script's folder/);
});

test("an absolute path is refused", async () => {
  await refusesImport("/etc/passwd", /absolute path/);
  await refusesImport("//etc/passwd", /is a URL/);
});

test("URLs of every scheme are refused", async () => {
  for (const url of [
    "file:///etc/passwd",
    "https://a.example/x.js",
    "data:text/javascript,export default 1",
    "http:a",
    "npm:pack",
    "FILE:///etc/passwd",
    "blob:a",
  ]) {
    await refusesImport(url, /is a URL/);
  }
});

test("what is part of Node.js is refused, with and without its scheme", async () => {
  for (const name of ["node:fs", "fs", "fs/promises", "child_process", "node:sqlite", "process"]) {
    await refusesImport(name, /is part of Node\.js/);
  }
});

test("the refusal of a part of Node.js says what there is in its place", async () => {
  await refusesImport(
    "node:crypto",
    /"node:crypto": it is part of Node\.js: use the global crypto/,
  );
  await refusesImport("stream/web", /: use ReadableStream, TransformStream and WritableStream\. /);
  await refusesImport("node:sqlite", /: a script has the web's globals and the module sluice only/);
});

test("require and import() are confined as import is", async () => {
  for (const call of ['require("../secret.ts")', 'import("../secret.ts")']) {
    using folder = folderWith({ "main.ts": scriptWith(`console.log(${call});`) });
    assert.match(await problemOf(folder), /outside the script's folder/);
  }
});

test("a re-export and an import for its effect are confined too", async () => {
  for (const statement of ['export * from "../secret.ts";', 'import "../secret.ts";']) {
    using folder = folderWith({ "main.ts": scriptWith(statement) });
    assert.match(await problemOf(folder), /outside the script's folder/);
  }
});

test("a symbolic link out of the folder is refused, of a file and of a folder", async () => {
  using folder = folderWith({
    "main.ts": scriptWith('import secret from "./link.ts";\nconsole.log(secret);'),
    "other.ts": scriptWith('import secret from "./up/secret.ts";\nconsole.log(secret);'),
  });
  symlinkSync("../secret.ts", folder.at("link.ts"));
  symlinkSync("..", folder.at("up"));
  assert.match(await problemOf(folder), /outside the script's folder/);
  assert.match(await problemOf(folder, "other.ts"), /outside the script's folder/);
});

test("a package that is a link out of the folder is refused", async () => {
  using folder = folderWith({
    "main.ts": scriptWith('import secret from "pack";\nconsole.log(secret);'),
    "../pack/package.json": '{ "main": "./index.js" }',
    "../pack/index.js": SECRET_MODULE,
    "node_modules/other/package.json": "{}",
  });
  symlinkSync("../../pack", folder.at("node_modules/pack"));
  assert.match(await problemOf(folder), /outside the script's folder/);
});

test("a tsconfig.json leads nowhere, neither by paths nor by extends", async () => {
  using folder = folderWith({
    "main.ts": scriptWith('import secret from "~/secret.ts";\nconsole.log(secret);'),
    "tsconfig.json": '{ "compilerOptions": { "baseUrl": "..", "paths": { "~/*": ["../*"] } } }',
  });
  assert.match(await problemOf(folder), /cannot be found/);

  using extending = folderWith({
    "main.ts": scriptWith(""),
    "../secret.txt": SECRET,
    "tsconfig.json": '{ "extends": "../secret.txt" }',
  });
  assert.deepEqual(await extending.problems(), []);
});

test("a package's own fields cannot lead out of the folder", async () => {
  for (const manifest of [
    '{ "main": "../../../secret.ts" }',
    '{ "browser": { "./index.js": "../../../secret.ts" }, "main": "./index.js" }',
    '{ "module": "../../../secret.ts", "main": "./index.js" }',
    '{ "exports": "../../../secret.ts" }',
  ]) {
    using folder = folderWith({
      "main.ts": scriptWith('import secret from "pack";\nconsole.log(secret);'),
      "node_modules/pack/package.json": manifest,
      "node_modules/pack/index.js": 'export default "harmless";',
    });
    const bundle = await folder.bundle();
    assert.ok(!JSON.stringify(bundle).includes(SECRET), manifest);
  }
});

test("subpath imports of the script's own package.json cannot lead out", async () => {
  using folder = folderWith({
    "main.ts": scriptWith('import secret from "#secret";\nconsole.log(secret);'),
    "package.json": '{ "imports": { "#secret": "../secret.ts" } }',
  });
  assert.match(await problemOf(folder), /cannot be found|outside/);
});

test("a package above the folder is not found, unless an npm workspace put it there", async () => {
  const files = {
    "main.ts": scriptWith('import made from "pack";\nconsole.log(made);'),
    "../node_modules/pack/package.json": '{ "main": "./index.js" }',
    "../node_modules/pack/index.js": "export default 1;",
  };
  using alone = folderWith({ ...files, "../package.json": "{}" });
  assert.match(await problemOf(alone), /outside the script's folder/);
  using member = folderWith({ ...files, "../package.json": '{ "workspaces": ["script"] }' });
  assert.deepEqual(await member.problems(), []);
});

test("a member of a workspace reaches the shared packages and nothing else of it", async () => {
  using member = folderWith({
    "main.ts": scriptWith('import secret from "../secret.ts";\nconsole.log(secret);'),
    "../package.json": '{ "workspaces": ["script"] }',
  });
  assert.match(await problemOf(member), /outside the script's folder/);
});

test("of other files only those are read of which the import says that they are text", async () => {
  for (const statement of [
    'import secret from "./secret.pem";',
    'import secret from "./secret.css";',
    'import secret from "./.env";',
    'import secret from "./.env" with { type: "text" };',
    'import secret from "../secret.txt";',
    'import secret from "../secret.txt" with { type: "text" };',
  ]) {
    using folder = folderWith({
      "main.ts": scriptWith(`${statement}\nconsole.log(secret);`),
      "secret.pem": SECRET,
      ".env": SECRET,
      "secret.css": SECRET,
      "../secret.txt": SECRET,
    });
    assert.match(await problemOf(folder), /cannot be bundled|outside/);
  }
});

test("a comment that names a source map reads no file", async () => {
  const map = JSON.stringify({
    version: 3,
    sources: ["a"],
    sourcesContent: [SECRET],
    mappings: "A",
  });
  using folder = folderWith({
    "main.ts": `${scriptWith("")}//# sourceMappingURL=../secret.map\n`,
    "../secret.map": map,
  });
  const bundle = await folder.bundle();
  assert.ok(bundle.ok, JSON.stringify(bundle));
  assert.ok(!JSON.stringify(bundle).includes(SECRET));
});

test("the entry may be a link, and is confined to where it leads", async () => {
  using folder = folderWith({
    "real/package.json": "{}",
    "real/main.ts": scriptWith('import "./beside.ts";'),
    "real/beside.ts": "export {};",
  });
  symlinkSync("real/main.ts", folder.at("current.ts"));
  assert.deepEqual(await folder.problems("current.ts"), []);
});

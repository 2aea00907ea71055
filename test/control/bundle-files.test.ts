// What files a bundle is made of, what of them is lowered, and how large they may be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BUNDLE_LIMITS } from "../../src/control/bundle-limits.ts";
import { bundled, load, ScriptFolder, scriptWith } from "./script-folder.ts";

test("a text file is its text, and any other one if the import says so", async () => {
  using folder = new ScriptFolder({
    "main.ts": `import { definePhases } from "sluice";
      import page from "./page.html";
      import style from "./style.css" with { type: "text" };
      export default definePhases({ requestFilter: () => [page, style] });`,
    "page.html": "<p>Größe</p>\n",
    "style.css": "p { color: red }",
  });
  const texts = ["<p>Größe</p>\n", "p { color: red }"];
  assert.deepEqual(load(await bundled(folder)), [["requestFilter"], "undefined", texts]);
});

test("decorators and accessors, which V8 does not know, are lowered", async () => {
  using folder = new ScriptFolder({
    "main.ts": `import { definePhases } from "sluice";
      const loud = (method: () => string, _context: ClassMethodDecoratorContext) =>
        function (this: unknown) { return method.call(this).toUpperCase(); };
      class Guard {
        accessor name = "guard";
        @loud requestFilter() { return this.name; }
      }
      const guard = new Guard();
      export default definePhases({ requestFilter: () => guard.requestFilter() });`,
  });
  assert.deepEqual(load(await bundled(folder)), [["requestFilter"], "undefined", "GUARD"]);
});

test("what a script may not have grown to says of what it was made", async () => {
  const { bundleBytes } = BUNDLE_LIMITS;
  using folder = new ScriptFolder({
    "main.ts": scriptWith('import big from "@acme/big";\nconsole.log(big);'),
    "package.json": "{}",
    "node_modules/@acme/big/package.json": '{ "main": "index.js" }',
    "node_modules/@acme/big/index.js": `module.exports = "${"a".repeat(bundleBytes)}";`,
  });
  assert.match(
    (await folder.problems()).join(),
    /^main\.ts:1:1 The bundle is too large: \d+ .*parts: @acme\/big \d+, main\.ts \d+$/,
  );
});

test("a bundle, a source, a JSON file and their number have bounds", async () => {
  const { bundleBytes, filesRead, dataBytes, sourceBytes } = BUNDLE_LIMITS;
  const names = Array.from({ length: filesRead }, (_, index) => `import "./f${index}.json";`);
  using folder = new ScriptFolder({
    "bundle.ts": scriptWith(`export const a = "${"a".repeat(bundleBytes)}"; console.log(a);`),
    "source.ts": scriptWith(`/*${"a".repeat(sourceBytes)}*/`),
    "json.ts": scriptWith('import "./a.json";'),
    "text.ts": scriptWith('import "./a.txt";'),
    "a.json": JSON.stringify("a".repeat(dataBytes)),
    "a.txt": "a".repeat(dataBytes + 1),
    "many.ts": scriptWith(names.join("\n")),
  });
  for (let index = 0; index < filesRead; index++) folder.write(`f${index}.json`, "1");
  assert.match((await folder.problems("bundle.ts"))[0] ?? "", /The bundle is too large/);
  assert.match((await folder.problems("source.ts"))[0] ?? "", /The file is too large/);
  assert.match((await folder.problems("json.ts"))[0] ?? "", /The file is too large/);
  assert.match((await folder.problems("text.ts"))[0] ?? "", /The file is too large/);
  assert.match((await folder.problems("many.ts"))[0] ?? "", /too many files/);
});

test("deep nesting is refused before it reaches the bundler", async () => {
  const nested = "(".repeat(100_000) + "1" + ")".repeat(100_000);
  using folder = new ScriptFolder({ "main.ts": scriptWith(`export const a = ${nested};`) });
  assert.match((await folder.problems())[0] ?? "", /nested too deeply/);
});

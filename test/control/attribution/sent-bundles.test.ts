// Bundles that come ready-made pass the same step as those that are made here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleScript, bundleSent, bundleToSend } from "../../../src/control/bundle.ts";
import { ScriptFolder } from "../script-folder.ts";

const SOURCE = `import { definePhases } from "sluice";
  const load = async () => {
    await using held = { async [Symbol.asyncDispose]() {} };
    return held;
  };
  export default definePhases({
    async requestFilter() { await load(); },
  });`;

test("a bundle that was sent runs as the one that is made of its sources", async () => {
  using folder = new ScriptFolder({ "main.ts": SOURCE });
  const file = folder.at("main.ts");
  const [sent, made] = await Promise.all([bundleToSend(file), bundleScript(file)]);
  assert.ok(sent.ok && made.ok);
  const { code, map, sha256, bytes } = sent;
  const taken = bundleSent({ code, map }, "main.ts");
  assert.ok(taken.ok);
  assert.deepEqual([taken.code, taken.map], [made.code, made.map]);
  assert.match(taken.code, /await \$await\(/);
  // what tells one bundle from another does not change with how it is attributed
  assert.deepEqual([taken.sha256, taken.bytes], [sha256, bytes]);
  assert.deepEqual([made.sha256, made.bytes], [sha256, bytes]);
});

test("a bundle that cannot be attributed is refused with its place in the sources", () => {
  const code = "(() => {\nasync () => {\nawait using a = b;\n} })();";
  const map = { version: 3, sources: ["lib/a.ts"], mappings: ";;AAIA" };
  assert.deepEqual(bundleSent({ code, map: JSON.stringify(map) }, "main.ts"), {
    ok: false,
    errors: [
      { file: "lib/a.ts", line: 5, column: 1, text: "await using is not possible in a bundle" },
    ],
  });
  const [problem] = attempt("(() => { let = ");
  assert.match(problem?.text ?? "", /^Cannot read the bundle: /);
  assert.deepEqual([problem?.file, problem?.line, problem?.column], ["main.ts", 1, 1]);
});

/** What is wrong with code of which no place is known. */
function attempt(code: string) {
  const result = bundleSent({ code: `async () => {}; ${code}`, map: "" }, "main.ts");
  return result.ok ? [] : result.errors;
}

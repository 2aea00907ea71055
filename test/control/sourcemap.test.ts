// Places in a bundle lead back to the author's files, in a stack that an isolate really made.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import ivm from "isolated-vm";
import type { Bundle } from "../../src/control/bundle.ts";
import { SourceLines } from "../../src/control/sourcemap.ts";
import { collectAtExit } from "../../src/sandbox/garbage-collector.ts";
import { ScriptFolder } from "./script-folder.ts";

collectAtExit();

const folder = new ScriptFolder({
  "main.ts": `import { definePhases } from "sluice";
import { fail } from "./lib/fail.ts";

interface Unused { a: string }

export default definePhases({
  requestFilter() {
    fail("é" as string);
  },
});
`,
  "lib/fail.ts": `type Reason = string;
/** A comment that the bundle does not have. */
export function fail(reason: Reason): never {
  throw new RangeError("it failed: " + reason);
}
`,
});
after(() => folder[Symbol.dispose]());

const bundle = await folder.bundle();
assert.ok(bundle.ok);
const lines = new SourceLines(bundle.map);

/** The stack of the error that the script's hook throws, in an isolate. */
function stackOf({ code }: Bundle): string {
  const isolate = new ivm.Isolate();
  try {
    const context = isolate.createContextSync();
    context.evalSync("globalThis.__sluice = { definePhases: (phases) => phases }");
    isolate.compileScriptSync(code, { filename: "script.js" }).runSync(context);
    const call = `globalThis.stack = "";
      const { default: phases } = globalThis.__sluiceScript;
      (function turn() { try { phases.requestFilter(); } catch (e) { stack = e.stack; } })();
      stack`;
    const script = isolate.compileScriptSync(call, { filename: "sluice:runtime" });
    return String(script.runSync(context));
  } finally {
    isolate.dispose();
  }
}

test("a stack names the author's files and leaves out the runtime", () => {
  const stack = stackOf(bundle);
  assert.match(stack, /sluice:runtime/);
  const frames = lines.mapStack(stack).split("\n");
  assert.equal(frames[0], "RangeError: it failed: \u00e9");
  assert.match(frames[1] ?? "", /^ {4}at fail \(lib\/fail\.ts:4:9\)$/);
  assert.match(frames[2] ?? "", /^ {4}at .*requestFilter \(main\.ts:8:5\)$/);
  assert.doesNotMatch(frames.join("\n"), /script\.js|sluice:/);
});

test("a message of several lines stays as it is, even if it looks like a place", () => {
  const text = "Error: first\nscript.js:30:5 is no frame\n    at script.js:1:1";
  assert.equal(lines.mapStack(text), "Error: first\nscript.js:30:5 is no frame");
});

test("frames of the engine stay, and a `$&` in a path is no pattern", () => {
  const text = "Error\n    at JSON.parse (<anonymous>)\n    at eval (sluice:runtime:1:2)";
  assert.equal(lines.mapStack(text), "Error\n    at JSON.parse (<anonymous>)");
});

test("lines that the bundler made have no place", () => {
  assert.equal(lines.locate(1, 1), null);
  assert.equal(lines.locate(1_000_000, 1), null);
  assert.equal(lines.locate(1, 1_000_000), null);
});

test("a stack that a script made up is cut", () => {
  const text = `Error\n${"    at a (<anonymous>)\n".repeat(10_000)}`;
  assert.equal(lines.mapStack(text).trimEnd().split("\n").length, 51);
});

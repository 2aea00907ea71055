// What V8 has made of the runtime's bundles is used for the isolates that follow.

import assert from "node:assert/strict";
import { test } from "node:test";
import ivm from "isolated-vm";
import { CompiledParts, type CompileHow } from "../../src/sandbox/compiled-parts.ts";

type Data = ivm.ExternalCopy<ArrayBuffer>;

const CODE = `globalThis.told = (() => "told")();`;
const newParts = () => new CompiledParts<Data>((value) => value instanceof ivm.ExternalCopy);

/** Compiled in an isolate of its own, and run; returns what was given to V8. */
function compileOnce(parts: CompiledParts<Data>, part: object, code = CODE): CompileHow<Data> {
  const isolate = new ivm.Isolate();
  const context = isolate.createContextSync();
  const hows: CompileHow<Data>[] = [];
  const script = parts.compile(part, (how) => {
    hows.push(how);
    return isolate.compileScriptSync(code, how);
  });
  script.runSync(context);
  assert.equal(context.global.getSync("told"), "told");
  isolate.dispose();
  assert.equal(hows.length, 1);
  return hows[0] ?? { produceCachedData: true };
}

test("a bundle is compiled once, and its code is used again", () => {
  const parts = newParts();
  const part = {};
  assert.deepEqual(compileOnce(parts, part), { produceCachedData: true });
  assert.ok("cachedData" in compileOnce(parts, part));
  assert.deepEqual(compileOnce(parts, {}), { produceCachedData: true });
});

test("what V8 refuses is compiled from the text, and made anew", () => {
  const parts = newParts();
  const part = {};
  compileOnce(parts, part);
  assert.ok("cachedData" in compileOnce(parts, part, `${CODE} // another text`));
  assert.deepEqual(compileOnce(parts, part), { produceCachedData: true });
  assert.ok("cachedData" in compileOnce(parts, part));
});

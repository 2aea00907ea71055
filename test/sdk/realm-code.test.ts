// Code in the realm of a script: what was bundled, strict, and none made from strings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";
import { inside } from "./inside.ts";

test("no code is made from strings, by whatever way", async () => {
  const refused = await inside(`[
    () => eval("1"), () => (0, eval)("1"), () => globalThis.eval("1"), () => Function("1"),
    () => new Function("a", "return a"), () => (() => {}).constructor("1"),
    () => (async () => {}).constructor("1"), () => (function* () {}).constructor("1"),
    () => (async function* () {}).constructor("1"), () => parseInt.constructor("1"),
    () => class {}.constructor("1"), () => new Proxy(() => {}, {}).constructor("1"),
    () => Object.getPrototypeOf((async () => {}).constructor)("1"),
    () => Reflect.construct(Function, ["1"], Object), () => new (class extends Function {})("1"),
    () => Function("return this", "1"), () => console.log.constructor("1"),
    () => session.request.headers.get.constructor("1"),
  ].map(failureOf)`);
  assert.deepEqual(refused, Array(18).fill("EvalError"));
  assert.equal(await inside(`failureOf(() => setTimeout("1"))`), "TypeError");
});

test("a script is strict, whoever made its bundle", async () => {
  const seen = await inside(
    `[isSloppy, failureOf(() => { undeclared = 1; }), thisOf() === undefined,
    failureOf(() => own.caller), failureOf(() => own.arguments)]`,
    `const isSloppy = (function () { return this !== undefined; })();
     function thisOf() { return this; }
     function own() {}`,
  );
  assert.deepEqual(seen, [false, "ReferenceError", true, "TypeError", "TypeError"]);
});

test("a package that mentions Function, or asks it for the global object, loads", async () => {
  const seen = await inside(
    `[isFunction, isGlobal, canCompile, Function.name, Function.length, Function.prototype.name]`,
    `const isFunction = (() => {}) instanceof Function;
     const isGlobal = Function("return this")() === globalThis && new Function("return this;")() === globalThis;
     let canCompile = true; try { new Function(""); } catch { canCompile = false; }`,
  );
  assert.deepEqual(seen, [true, true, false, "Function", 1, ""]);
});

test("import() of what is not in the bundle is refused", async () => {
  const said = await inside(`import("node:" + "fs").then(() => "loaded", String)`);
  assert.match(String(said), /^Error: Not supported/);
});

test("a function learns nothing of the runtime that called it", async () => {
  using stand = new LaneStand("requestFilter: own", {
    before: `function own() {
      try { return new Response(String(own.caller)); } catch { return new Response("refused"); }
    }`,
  });
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(answerText(outcome), "refused");
});

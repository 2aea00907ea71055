// Attribution of a bundle: every place at which code goes on later is led through the runtime, and
// nothing else of the text changes.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { attribute, runnable } from "../../../src/control/attribution/attribute.ts";
import { bundleScript, bundleToSend } from "../../../src/control/bundle.ts";
import { SourceLines } from "../../../src/control/sourcemap.ts";
import { ScriptFolder } from "../script-folder.ts";

/** The text inside the function that is made. */
function attributed(code: string): string {
  const result = attribute(code);
  assert.ok("code" in result, JSON.stringify(result));
  const [, inside] = /^\/\*sluice:1\*\/\([$\w,]+\)=>\{\n([\s\S]*)\n\}$/.exec(result.code) ?? [];
  return inside ?? assert.fail(result.code);
}

for (const [title, code, expected] of [
  ["an object right behind return", "async()=>{return{a:1}}", "async()=>{return $return({a:1})}"],
  ["a list right behind await", "async()=>{await[1]}", "async()=>{await $await([1])}"],
  ["an await", "async () => { await a; }", "async () => { await $await(a); }"],
  [
    "awaits in each other",
    "async () => { await (await a)(); }",
    "async () => { await $await((await $await(a))()); }",
  ],
  ["an await of a regular expression", "async()=>{await/a/g}", "async()=>{await $await(/a/g)}"],
  [
    "an await behind a comment",
    "async () => { await /* a */ a; }",
    "async () => { await /* a */ $await(a); }",
  ],
  [
    "awaits in a template",
    `async () => { \`\${await a}\${await b}\`; }`,
    `async () => { \`\${await $await(a)}\${await $await(b)}\`; }`,
  ],
  [
    "a loop",
    "async () => { for await (const a of b); }",
    "async () => { for await (const a of $iterate(b)); }",
  ],
  [
    "a generator",
    "async function* a() { yield b; yield; yield* c; return d; }",
    "async function* a() { yield $await(b); yield; yield* $iterate(c); return $await(d); }",
  ],
  ["a result", "async function a() { return b; }", "async function a() { return $return(b); }"],
  [
    "a result that is a list",
    "async function a() { return b, c; }",
    "async function a() { return $return((b, c)); }",
  ],
  ["a result of an arrow", "async () => ({ a })", "async () => $return(({ a }))"],
  [
    "methods",
    "({ async a() { await b; }, async *c() { yield d; } })",
    "({ async a() { await $await(b); }, async *c() { yield $await(d); } })",
  ],
  [
    "a class",
    "class A { static async a() { return super.a(); } }; async",
    "class A { static async a() { return $return(super.a()); } }; async",
  ],
  ["a promise", "new Promise((a) => a)", "new Promise($promise((a) => a))"],
  [
    "a promise of a compiler's helper",
    "(P, a) => new (P || (P = Promise))(function () { a(); })",
    "(P, a) => new (P || (P = Promise))($promise(function () { a(); }))",
  ],
  [
    "functions in it that are not async",
    "async () => { (() => { return a; })(); (function* () { yield b; return c; })(); }",
    "async () => { (() => { return a; })(); (function* () { yield b; return c; })(); }",
  ],
  [
    "a promise without an executor",
    "new Promise(); new Promise(...a); new a.Promise(b)",
    "new Promise(); new Promise(...a); new a.Promise(b)",
  ],
  ["code without any", "function a() { return b; }", "function a() { return b; }"],
] as const) {
  test(`attribution finds ${title}`, () => assert.equal(attributed(code), expected));
}

test("a script that awaits nothing runs as it was bundled", async () => {
  // whose counts test/downstream/exchange-counts.test.ts holds
  const file = join(import.meta.dirname, "../../../bench/peers/sluice-script.ts");
  const [sent, run] = [await bundleToSend(file), await bundleScript(file)];
  assert.ok(sent.ok && run.ok);
  assert.equal(attributed(sent.code), sent.code);
  assert.ok(run.code.includes(sent.code));
});

test("a script neither uses nor hides the names of the wrappers", () => {
  const result = attribute("async ($await) => { let $return1, \\u0024iterate2 = await $await; }");
  assert.ok("code" in result);
  const text = "async ($await) => { let $return1, \\u0024iterate2 = await $await3($await); }";
  assert.ok(result.code.includes("($await3,$iterate3,$return3,$promise3)=>"), result.code);
  assert.ok(result.code.includes(text), result.code);
});

test("what cannot be read, or cannot be attributed, is refused with its place", () => {
  for (const [code, text, line, column] of [
    ["async () => {\n  await using a = b;\n}", "await using is not possible in a bundle", 2, 3],
    ["async () => {\n  let a = ;\n}", "Cannot read the bundle: Unexpected token", 2, 11],
    ["async () => { with (a) b; }", "Cannot read the bundle: 'with' in strict mode", 1, 15],
  ] as const) {
    assert.deepEqual(attribute(code), { text, line, column });
  }
  const deep = attribute(`async () => ${"(".repeat(100_000)}`);
  assert.ok("text" in deep && /too deeply|stack/.test(deep.text), JSON.stringify(deep));
});

test("a bundle of many declarations is read in a time that grows with its length", () => {
  const declarations = Array.from({ length: 40_000 }, (_, i) => `let a${i} = async () => await b;`);
  const cpu = process.cpuUsage();
  const text = attributed(declarations.join("\n"));
  const { user, system } = process.cpuUsage(cpu);
  assert.equal(text.match(/\$await\(/g)?.length, 40_000);
  assert.ok(user + system < 20e6, `${user + system} µs`);
});

test("places in the bundle lead to the same places in the sources as before", async () => {
  const source = `import { definePhases } from "sluice";
    const load = async (n: number): Promise<number> => { await null; return n; };
    export default definePhases({
      async requestFilter() {
        const first = await load(await load(1)), second = await load(2), third = mark("a");
        for await (const one of [first, second]) mark("b", one);
        return new Promise((done) => setTimeout(done, mark("c"))).then(() => mark("d"));
      },
    });`;
  using folder = new ScriptFolder({ "main.ts": source });
  const bundle = await bundleScript(folder.at("main.ts"));
  assert.ok(bundle.ok);
  const lines = new SourceLines(bundle.map);
  for (const mark of ['mark("a")', 'mark("b"', 'mark("c")', 'mark("d")']) {
    const { line, column } = placeOf(mark, bundle.code);
    const place = { file: "main.ts", ...placeOf(mark, source) };
    assert.deepEqual(lines.locate(line, column), place, mark);
  }
});

/** Both from 1. */
function placeOf(mark: string, text: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(mark)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

test("a bundle of a time before attribution is attributed when it is to run", () => {
  const map = JSON.stringify({ version: 3, sources: ["main.ts"], mappings: "AAAA,SAAU" });
  const { code } = runnable("(async () => { await a; })();", map);
  assert.match(code, /await \$await\(a\)/);
  assert.deepEqual(runnable(code, map), { code, map }, "once");
  const refused = runnable("(async () => { await using a = b; })();", map);
  assert.match(
    refused.code,
    /throw new SyntaxError\("await using is not possible in a bundle: exp/,
  );
});

// Attribution of a bundle: every place at which code goes on later is led through the runtime, and
// nothing else of the text changes.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { attribute, runnable } from "../../../src/control/attribution/attribute.ts";
import { bundleScript, bundleToSend } from "../../../src/control/bundle.ts";
import { SourceLines } from "../../../src/control/sourcemap.ts";
import { ScriptFolder } from "../script-folder.ts";

const ATTRIBUTED =
  /^\/\*sluice:1\*\/\/\*2\*\/\([$\w,]+\)=>\{(?:\$untold\?\.\(\);)?\n([\s\S]*)\n\}$/;

/** The text inside the function that is made. */
function attributed(code: string): string {
  const result = attribute(code);
  assert.ok("code" in result, JSON.stringify(result));
  const [, inside] = ATTRIBUTED.exec(result.code) ?? [];
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

/** What the engine may run of each with no wrapper told of it. */
const UNTOLD: Readonly<Record<string, string>> = {
  "a then as a property": "({ then: (done) => done() })",
  "a then as a method": "class A { then(done) { done(); } }",
  "a then that is got": "({ get then() { return run; } })",
  "a then that is set": "a.then = run",
  "a then that is set by a pattern": "[a.then] = runs; for ({ run: b.then } of runs);",
  "a then by its name as a string": 'Object.defineProperty(a, "then", b)',
  "a then by its name in a template": "a[`then`] = run",
  "a then by its name in a list that is split":
    'for (const key of "then,catch".split(",")) a[key] = b;',
  "a then that goes from one object to another": "const { then } = a;",
  "an object that answers to any name": "new Proxy({}, handler)",
  "the maker of promises by another name": "const P = Promise; new P(run)",
  "the maker of promises as a property": "new globalThis.Promise(run)",
  "the maker of promises handed on": "Reflect.construct(Promise, [run])",
  "a class of promises": "class Own extends Promise {}",
  "a promise whose executor cannot be seen": "new Promise(...runs)",
};

/** And what they mostly are. */
const TOLD: Readonly<Record<string, string>> = {
  reactions: "a.then(b); a?.then(b); (await a).then(b).catch(c)",
  "a look whether it is a promise": 'a.then && typeof a.then === "function" || a?.then',
  "promises by their name": "new Promise(run); new (P || (P = Promise))(run)",
  "promises by its methods": "Promise.all([Promise.resolve(a), Promise.reject(b)])",
  "a look whether it may be a promise": '"then" in a',
  "a look for the maker of promises": "a instanceof Promise || typeof Promise",
  "names that have others in them": 'const thenable = { "and then": promises, thenBy: 1 };',
};

const begins = (code: string): boolean => {
  const result = attribute(`async () => { ${code} }`);
  assert.ok("code" in result, JSON.stringify(result));
  return /^[^\n]*=>\{\$untold\?\.\(\);\n/.test(result.code);
};

test("a bundle of which the engine may run what no wrapper is told of says so, and others do not", () => {
  for (const [title, code] of Object.entries(UNTOLD)) assert.equal(begins(code), true, title);
  for (const [title, code] of Object.entries(TOLD)) assert.equal(begins(code), false, title);
});

test("what leads to a place does so however it is spelt", () => {
  for (const [code, expected] of [
    ["new Pr\\u006fmise(run)", "new Pr\\u006fmise($promise(run))"],
    ["new Pr\\u{6f}mise(run)", "new Pr\\u{6f}mise($promise(run))"],
  ] as const) {
    assert.equal(attributed(code), expected);
  }
  for (const code of [
    "({ th\\u0065n(done) { done(); } })",
    'a["th\\x65n"] = run',
    'a["th\\en"] = run',
    'a["th\\\nen"] = run',
    "a[`th\\u{65}n`] = run",
    "new Pr\\u006fxy(a, b)",
    "const P = Pr\\u006fmise;",
  ]) {
    const result = attribute(code);
    assert.ok("code" in result && result.code.includes("$untold?.();"), code);
    const old = `/*sluice:1*/($await,$iterate,$return,$promise)=>{\n${code}\n}`;
    assert.match(runnable(old, "").code, /given\[4\]\(\)/, code);
  }
});

test("a bundle of a time before bundles said so says it when it is to run", () => {
  const old = (inside: string) => `/*sluice:1*/($await,$iterate,$return,$promise)=>{\n${inside}\n}`;
  const told = old("run(async()=>{await $await(a.then(b))})");
  assert.deepEqual(runnable(told, ""), { code: told, map: "" });
  const { code } = runnable(old("ran($await,'then')"), "");
  const seen: unknown[] = [];
  const made: unknown = new Function("ran", `return ${code}`)((...given: unknown[]) =>
    seen.push(...given),
  );
  assert.ok(typeof made === "function");
  made("await", "iterate", "return", "promise", () => seen.push("untold"));
  assert.deepEqual(seen, ["untold", "await", "then"]);
  assert.equal(code.split("\n").length, 3, "no line moves");
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

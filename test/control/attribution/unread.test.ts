// Bundles that are attributed without being parsed: those that name nothing that leads to a place,
// and those in syntax that the engine knows and acorn does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, runnable } from "../../../src/control/attribution/attribute.ts";

/** V8 has it, acorn has not. */
const NEWER = 'import.source("a");';

/** What the function that is made begins with, and the text inside it. */
function made(code: string): { readonly begin: string; readonly inside: string } {
  const result = attribute(code);
  assert.ok("code" in result, JSON.stringify(result));
  const [, begin = "", inside = ""] = /^([^\n]*)\n([\s\S]*)\n\}$/.exec(result.code) ?? [];
  return { begin, inside };
}

test("the syntax that these tests are about is unknown to acorn", () => {
  assert.ok("text" in attribute(`${NEWER} async () => {};`));
});

test("a backslash that spells none of the words is no reason to parse a bundle", () => {
  for (const code of [
    'log("a\\n");',
    "/\\d+\\.\\w/.test(a);",
    'a = "\\u00e9\\x41\\u{1f600}";',
    'a = "authentic\\u0061ted\\n";',
    'a = "strength\\en";',
    'a = "one\\\ntwo";',
    "a = String.raw`\\u{t}\\x`; // \\u{110000} \\u{fffffffffffffffffff}",
  ]) {
    const { begin, inside } = made(`${NEWER}\n${code}`);
    assert.equal(inside, `${NEWER}\n${code}`, code);
    assert.doesNotMatch(begin, /untold/, code);
  }
});

/** Each has a word that leads to a place, as the engine reads it. */
const HIDDEN = [
  "({ th\\u0065n(done) { done(); } })",
  "({ \\u{0074}hen(done) { done(); } })",
  'a["th\\x65n"] = run;',
  'a["\\x74\\x68\\x65\\x6E"] = run;',
  'a["th\\en"] = run;',
  'a["th\\\nen"] = run;',
  'a["th\\\r\nen"] = run;',
  'a["th\\\u2028en"] = run;',
  "a[`th\\u{65}n`] = run;",
  'for (const key of "a\\nthen".split("\\n")) a[key] = run;',
  "new Pr\\u006fxy({}, a);",
  "const P = Pr\\u{6f}mise;",
  "// a comment \\\nth\\u0065n(a);",
  "// a comment \\\r\nth\\u0065n(a);",
  "/* a comment \\*/th\\u0065n(a);",
] as const;

test("the worst is assumed of a bundle that acorn cannot parse and that may spell one of them", () => {
  for (const code of HIDDEN) {
    const { begin, inside } = made(`${NEWER}\n${code}`);
    assert.equal(inside, `${NEWER}\n${code}`, code);
    assert.match(begin, /=>\{\$untold\?\.\(\);$/, code);
  }
});

test("the same goes for one that names them plainly, as none of its values is awaited", () => {
  for (const code of ["new Promise(run);", "a.then(b);", "new Proxy({}, a);"]) {
    const { begin, inside } = made(`${NEWER} ${code}`);
    assert.equal(inside, `${NEWER} ${code}`);
    assert.match(begin, /\$untold\?\.\(\);$/, code);
  }
});

test("one that awaits is refused, since nothing stands in for the wrapper there", () => {
  for (const code of ["async () => { await a; };", "async () => a; b = '\\n';"]) {
    const result = attribute(`${NEWER}\n${code}`);
    assert.ok("text" in result, code);
    assert.match(result.text, /^Cannot read the bundle: /);
    assert.deepEqual([result.line, result.column > 0], [1, true]);
  }
});

test("one that the engine cannot parse either is refused with its place", () => {
  for (const code of [
    "let a = ; 'th\\u0065n';",
    // it would end the function that is made around it, and what that begins with would not run
    `}, () => { ${NEWER} ({ th\\u0065n(done) { done(); } })`,
    `}), (() => { ${NEWER} new Pr\\u006fxy(a, b)`,
    // strict mode, in which bundles run
    `${NEWER} with (a) th\\u0065n(b);`,
  ]) {
    const result = attribute(code);
    assert.ok("text" in result, code);
    assert.match(result.text, /^Cannot read the bundle: /);
  }
});

test("a bundle that is not parsed neither uses nor hides the names of the wrappers", () => {
  for (const name of ["$untold", "\\u0024untold", "$unt\\u{6f}ld"]) {
    const { begin } = made(`function ${name}() {} ${NEWER} ({ th\\u0065n(done) { done(); } })`);
    assert.match(begin, /\(\$await1,\$iterate1,\$return1,\$promise1,\$untold1\)=>/);
    assert.match(begin, /\$untold1\?\.\(\);$/);
  }
  assert.match(made("let $await = 1;").begin, /\(\$await1,/);
  assert.match(made("// \\\n$\\u0061wait(1);").begin, /\(\$await1,/);
});

test("a bundle of the store's that acorn cannot parse runs as well", () => {
  const harmless = runnable(`${NEWER} log("\\n");`, "");
  assert.doesNotMatch(harmless.code, /untold|SyntaxError/);
  const hidden = runnable(`${NEWER} a["th\\x65n"] = run;`, "");
  assert.match(hidden.code, /\$untold\?\.\(\);\n/);
});

// `sluice check` from outside: what it finds, where, and its exit status.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ending, run } from "../support/program.ts";

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sluice-check-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "lib"));

const check = (...args: string[]): Promise<Ending> =>
  run(process.execPath, [launcher, "check", ...args], { cwd: folder });

async function checkText(text: string, ...args: string[]): Promise<Ending> {
  writeFileSync(join(folder, "main.ts"), text);
  return await check("main.ts", "--no-types", ...args);
}

const script = (hooks: string, before = ""): string =>
  `import { counter, definePhases } from "sluice";\n${before}\n` +
  `export default definePhases({\n${hooks}\n});\n`;

test("a script with nothing wrong is status 0", async () => {
  writeFileSync(join(folder, "main.ts"), script("requestFilter(session) { session.id; },"));
  const { status, stdout, stderr } = await check("main.ts");
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.equal(stdout, "main.ts (1 script): nothing to object to\n");
});

test("a mistake of type is found by TypeScript itself", async () => {
  writeFileSync(
    join(folder, "main.ts"),
    script("newCtx: () => ({ user: '' }),\nrequestFilter(session, ctx) { ctx.usr = 1; },"),
  );
  const { status, stdout } = await check("main.ts");
  assert.equal(status, 1);
  assert.match(stdout, /^main\.ts:5:35: TS\d+: Property 'usr' does not exist/m);
});

test("what the realm of a script does without is a mistake of type, and all else is there", async () => {
  const missing = [
    "new SharedArrayBuffer(8)",
    "Atomics.load(new Int32Array(1), 0)",
    "WebAssembly.Memory",
    "new WeakRef({})",
    "new FinalizationRegistry(() => {})",
    "new ArrayBuffer(8, { maxByteLength: 16 })",
    "new ArrayBuffer(8).resize(4)",
  ];
  const there = [
    "new ArrayBuffer(8).transfer(4)",
    "new Set([1]).union(new Set([2]))",
    "Temporal.Now.instant()",
    "Iterator.from([1]).map(String)",
    "Promise.withResolvers<void>()",
    "new Uint8Array(4).toBase64()",
  ];
  const deeds = [...missing, ...there].map((deed) => `void (${deed});`).join("\n");
  writeFileSync(join(folder, "main.ts"), script(`requestFilter() {\n${deeds}\n}`));
  const { status, stdout } = await check("main.ts");
  assert.equal(status, 1);
  const lines = [...stdout.matchAll(/^main\.ts:(\d+):\d+: TS/gm)].map(([, line]) => Number(line));
  const first = 5;
  assert.deepEqual(new Set(lines), new Set(missing.map((_, at) => first + at)), stdout);
});

test("text files and decorators have types as they have a meaning", async () => {
  writeFileSync(join(folder, "page.html"), "<p>");
  writeFileSync(join(folder, "style.css"), "p {}");
  const before = `import page from "./page.html";
import style from "./style.css" with { type: "text" };
class Page { accessor text: string = page + style; }`;
  const hooks = `requestFilter() { return new Response(new Page().text); },`;
  writeFileSync(join(folder, "main.ts"), script(hooks, before));
  const { stdout } = await check("main.ts");
  assert.match(stdout, /nothing to object to/);
});

test("an unknown hook is named with the one that was meant", async () => {
  const { status, stdout } = await checkText(script("requestFiltr() {},"));
  assert.equal(status, 1);
  assert.match(stdout, /^main\.ts:4:1: unknown hook: .* \(did you mean requestFilter\?\)$/m);
});

test("hooks may be methods of a class, which may have others that are none", async () => {
  const guard = `class Guard {
  seen = 0;
  constructor() { this.seen = 1; }
  requestFilter(session: { id: string }) { this.remember(session.id); }
  remember(_id: string) { this.seen++; }
}
export default definePhases(new Guard());`;
  const before = `import { definePhases } from "sluice";\n`;
  const { status, stdout } = await checkText(before + guard);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^main\.ts:6:27: warning: this\.seen changes while .* counter\(\)$/m);
  assert.match(stdout, /: 1 warning$/m);
  const misspelt = await checkText(before + guard.replace("requestFilter", "requestFiltr"));
  assert.equal(misspelt.status, 1);
  assert.match(misspelt.stdout, /^main\.ts:5:3: unknown hook: .*did you mean requestFilter\?/m);
});

test("a script without any hook is warned of: requests pass as they are", async () => {
  const { status, stdout } = await checkText(script(""));
  assert.equal(status, 0);
  assert.match(stdout, /^main\.ts:1:1: warning: .*no hook/m);
});

test("a script without a default export, or with another one, is refused", async () => {
  const none = await checkText("export const a = 1;");
  const other = await checkText("export default { requestFilter() {} };");
  assert.deepEqual([none.status, other.status], [1, 1]);
  assert.match(none.stdout, /^main\.ts:1:1: .*export default definePhases/m);
  assert.match(other.stdout, /^main\.ts:1:1: .*export default definePhases/m);
});

test("a top level that throws is shown where it throws", async () => {
  const { status, stdout } = await checkText(script("", `\nJSON.parse("{");`));
  assert.equal(status, 1);
  assert.match(stdout, /^main\.ts:3:6: the script does not start: SyntaxError/m);
});

test("a top level that never ends is found", async () => {
  const { status, stdout } = await checkText(script("", "for (;;);"));
  assert.equal(status, 1);
  assert.match(stdout, /the script does not start: its top level runs longer than 1000 ms/);
});

test("module-level variables that a hook changes are warned of, and do not fail", async () => {
  const before =
    "let seen = 0; const list: string[] = []; const state = { last: '' }; const ids = new Set();";
  const hooks =
    "requestFilter(session) { seen += 1; list.push(session.id); },\n" +
    "logging(session) { remember(session.id); },";
  const helper = "\nfunction remember(id: string) { state.last = id; ids.add(id); }";
  const { status, stdout } = await checkText(script(hooks, before) + helper);
  assert.equal(status, 0);
  const warned = [...stdout.matchAll(/main\.ts:(\d+):\d+: warning: (\w+) changes.*counter\(\)/g)];
  assert.deepEqual(
    warned.map(([, line, name]) => [line, name]),
    [
      ["4", "seen"],
      ["4", "list"],
      ["8", "state"],
      ["8", "ids"],
    ],
  );
});

test("what is local, made at start-up, or a counter is no module-level state", async () => {
  const before =
    "const hits = counter('hits'); const table = new Map<string, number>(); fill();\n" +
    "function fill() { table.set('a', 1); }\nlet name = 'outer';";
  const hooks =
    "requestFilter(session) { let n = 0; n++; hits.set(n); const list = []; list.push(n);\n" +
    "for (let name of [session.id]) name += 'x'; const f = (table) => table.set(1); f; },\n" +
    "upstreamPeer: () => String(table.get('a') ?? name),";
  const { status, stdout } = await checkText(script(hooks, before));
  assert.equal(status, 0);
  assert.match(stdout, /nothing to object to/);
});

test("files that a script imports are checked too, under their own names", async () => {
  writeFileSync(join(folder, "lib", "n.ts"), "let n = 0;\nexport const next = () => ++n;\n");
  const imports = `import { next } from "./lib/n.ts";`;
  const { stdout } = await checkText(script("requestFilter() { next(); },", imports));
  assert.match(stdout, /^lib\/n\.ts:2:\d+: warning: n changes/m);
});

test("of a configuration all problems are told, and those of all its scripts", async () => {
  writeFileSync(join(folder, "one.ts"), script("reqestFilter() {},"));
  writeFileSync(join(folder, "two.ts"), "export default 5 +;");
  writeFileSync(
    join(folder, "sluice.yaml"),
    "workers: many\ntenants:\n  a: { hosts: [a.test], script: one.ts }\n" +
      "  b: { hosts: [b.test], script: two.ts }\n",
  );
  const { status, stdout } = await check("--no-types");
  assert.equal(status, 1);
  const places = stdout.split("\n").map((line) => /^([\w.]+:\d+):\d+: /.exec(line)?.[1]);
  assert.deepEqual(places.filter(Boolean), ["one.ts:4", "sluice.yaml:1", "two.ts:1"]);
});

test("--json gives the findings to programs", async () => {
  const { status, stdout } = await checkText(script("requestFiltr() {},"), "--json");
  assert.equal(status, 1);
  const { ok, findings } = JSON.parse(stdout);
  assert.equal(ok, false);
  const [{ file, line, column, severity }] = findings;
  assert.deepEqual([file, line, column, severity], ["main.ts", 4, 1, "error"]);
});

test("a file that is not there is an error of its own", async () => {
  const { status, stdout } = await check("none.ts");
  assert.equal(status, 1);
  assert.match(stdout, /^none\.ts:1:1: Cannot read the script/m);
  assert.equal((await check("none.yaml")).status, 1);
});

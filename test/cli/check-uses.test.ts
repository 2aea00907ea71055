// What `sluice check` finds in the text of a script: what cannot be right, with what to do.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isMissing, MISSING_GLOBALS } from "../../src/cli/checks/missing-globals.ts";
import { EXTRAS } from "../../src/control/bundle-extras.ts";
import { inside } from "../sdk/inside.ts";
import { run } from "../support/program.ts";

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sluice-uses-"));
after(() => rmSync(folder, { recursive: true }));

/** The findings without their file, after a look at the status. */
async function check(text: string, args: readonly string[], expected = 0): Promise<string[]> {
  writeFileSync(join(folder, "main.ts"), text);
  const { status, stdout } = await run(process.execPath, [launcher, "check", ...args], {
    cwd: folder,
  });
  assert.equal(status, expected, stdout);
  const lines = stdout.split("\n").slice(0, -2);
  return lines.map((line) => line.replace("main.ts:", ""));
}

const script = (hooks: string, before = ""): string =>
  `import { counter, definePhases, env, log } from "sluice";\n${before}\n` +
  `export default definePhases({\n${hooks}\n});\n`;

const GLOBALS = script(
  `requestFilter() {
  return new Response(caches.defaultCache + process.env.A + typeof Buffer + { fetch: 1 }.fetch);
},`,
  "const window = 1; log.info(window); const tell = (fetch: () => void) => fetch(); tell(() => {});",
);

test("globals that the realm lacks are named with what there is instead", async () => {
  assert.deepEqual(await check(GLOBALS, ["main.ts", "--no-types"]), [
    "5:23: warning: there is no caches in a script: not in this release",
    "5:45: warning: there is no process in a script: use env of the module sluice",
  ]);
});

test("with types they are errors, each of a line, and nobody is told to install Node's", async () => {
  assert.deepEqual(await check(GLOBALS, ["main.ts"], 1), [
    "5:23: TS2304: there is no caches in a script: not in this release",
    "5:45: TS2591: there is no process in a script: use env of the module sluice",
    "5:68: TS2591: there is no Buffer in a script: use Uint8Array, TextEncoder and TextDecoder",
  ]);
});

test("an import that cannot be is told of once, and nobody is told to install Node's types", async () => {
  const before = 'import { readFileSync } from "node:fs";\nimport sum from "no-such-package";';
  const hooks = "requestFilter() { return new Response(readFileSync('x', 'utf8') + sum(1)); },";
  const found = await check(script(hooks, before), ["main.ts"], 1);
  assert.deepEqual(
    found.map((line) => line.slice(0, line.indexOf('":') + 1)),
    ['2:30: Cannot import "node:fs"', '3:17: Cannot import "no-such-package"'],
  );
});

test("what is said to be missing is missing in the realm", async () => {
  const lazily = EXTRAS.flatMap(({ globals }) => globals);
  const there = await inside("Reflect.ownKeys(globalThis).map(String)", `/* ${lazily} */`);
  assert.ok(Array.isArray(there));
  assert.deepEqual(
    there.filter((name) => Object.hasOwn(MISSING_GLOBALS, String(name))),
    [],
  );
  assert.ok(Object.keys(MISSING_GLOBALS).every(isMissing));
});

test("a counter whose name is made in a hook is warned of, and a fixed one is not", async () => {
  const text = script(
    `requestFilter({ request }) {
  counter(\`path \${request.target}\`).incr();
  counter("fixed").incr();
  hits.incr();
},`,
    'const hits = counter("hits" + 1);',
  );
  const found = await check(text, ["main.ts", "--no-types"]);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /^5:3: warning: a counter's name is made while requests are served/);
});

test("a string of env that a tenant of the configuration lacks is warned of", async () => {
  const text = script("requestFilter() { log.info(env.GREETING, env.GREETNIG, env.OTHER); },");
  assert.deepEqual(await check(text, ["main.ts", "--no-types"]), []);
  writeFileSync(
    join(folder, "sluice.yaml"),
    `tenants:
  a: { hosts: [a.test], script: main.ts, env: { GREETING: hi, OTHER: x } }
  b: { hosts: [b.test], script: main.ts, env: { GREETING: ho } }
`,
  );
  assert.deepEqual(await check(text, ["--no-types"]), [
    "4:42: warning: env.GREETNIG is not among the tenant's env in the configuration; did you mean GREETING?",
    "4:56: warning: env.OTHER is not among the tenant's env in the configuration",
  ]);
});

test("a decoder in the middle of a text that all requests share is warned of", async () => {
  const text = script(
    `requestBodyFilter({ chunk }) {
  const own = new TextDecoder();
  own.decode(chunk, { stream: true });
  shared.decode(chunk);
  return shared.decode(chunk, { stream: true });
},`,
    "const shared = new TextDecoder();",
  );
  const found = await check(text, ["main.ts", "--no-types"]);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /^8:10: warning: shared keeps the end of one request's chunk/);
});

test("several errors of one line are all shown, with all that the type checker says", async () => {
  const text = script(
    "newCtx: () => ({ a: 1 }),\nrequestFilter(_s, ctx) { ctx.b = 1; ctx.a = { x: [ctx] }; },",
  );
  const found = await check(text, ["main.ts"], 1);
  assert.equal(found.filter((line) => /^5:\d+: TS/.test(line)).length, 2, found.join("\n"));
  const upstream = script("upstreamPeer: () => ({ address: 5 }),");
  const more = await check(upstream, ["main.ts"], 1);
  assert.ok(
    more.some((line) => /^ {2}\S/.test(line)),
    more.join("\n"),
  );
});

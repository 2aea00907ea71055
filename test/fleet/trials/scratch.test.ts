// Bundles started in a process that is thrown away: what is said of each, and that none of them
// hurts the process that asks.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bundleScript } from "../../../src/control/bundle.ts";
import { buildRuntime } from "../../../src/control/bundle-runtime.ts";
import type { BundleToValidate, Validation } from "../../../src/control/validate.ts";
import { findSandbox } from "../../../src/fleet/children/sandbox.ts";
import { TenantSlots } from "../../../src/fleet/children/tenant-slots.ts";
import { ScratchCells } from "../../../src/fleet/trials/scratch.ts";

const sandbox = await findSandbox("auto", process.env.PATH ?? "");
const cells = new ScratchCells({
  runtime: await buildRuntime(),
  sandbox,
  memoryBytes: 1_610_612_736,
  slots: new TenantSlots(2),
});
const folder = await mkdtemp(join(tmpdir(), "sluice-scratch-"));
after(async () => {
  cells.close();
  await rm(folder, { recursive: true });
});

/** Time that no honest start needs, however busy the machine is. */
const LIMITS = { memoryMiB: 32, startupMs: 10_000, env: { GREETING: "hello" } };
/** For what never ends. */
const HASTY = { ...LIMITS, startupMs: 200 };

async function bundled(source: string): Promise<BundleToValidate> {
  const file = join(folder, "main.ts");
  await writeFile(file, source);
  const bundle = await bundleScript(file);
  assert.ok(bundle.ok, JSON.stringify(bundle));
  return {
    tenant: "demo",
    entry: "main.ts",
    code: bundle.code,
    map: bundle.map,
  };
}

async function validate(source: string, limits = LIMITS): Promise<Validation> {
  return await cells.validate(await bundled(source), limits);
}

const IMPORT = 'import { counter, definePhases, env } from "sluice";\n';
const EMPTY = "export default definePhases({});\n";

/** The one error of a script whose top level begins with this text. */
async function failure(topLevel: string, limits = LIMITS): Promise<string> {
  const result = await validate(`${IMPORT}${topLevel}\n${EMPTY}`, limits);
  assert.ok(!result.ok, topLevel);
  assert.equal(result.errors.length, 1);
  const [error] = result.errors;
  return `${error?.file}:${error?.line}:${error?.column}: ${error?.text}`;
}

test("of a script that starts its hooks and body modes are told", async () => {
  const result = await validate(
    `${IMPORT}const hits = counter("hits");
    if (env.GREETING !== "hello") throw new Error("no env");
    export default definePhases({
      bodies: { request: { bufferBytes: 1024 } },
      logging() { hits.incr(); },
      requestFilter() {},
      requestBodyFilter() {},
    });`,
  );
  assert.ok(result.ok);
  const { startedMs, ...told } = result;
  assert.ok(startedMs > 0 && startedMs < LIMITS.startupMs, `${startedMs} ms`);
  assert.deepEqual(told, {
    ok: true,
    hooks: ["requestFilter", "requestBodyFilter", "logging"],
    bodies: { request: 1024, response: 0 },
    warnings: [],
  });
});

test("an export that is no hook is a warning at its place, with the hook that was meant", async () => {
  const hooks = { requestFiltre() {}, zzz() {} };
  const result = await validate(
    `${IMPORT}export default definePhases({\n  ${hooks.requestFiltre},\n  ${hooks.zzz},\n} as never);`,
  );
  assert.ok(result.ok);
  assert.deepEqual(
    result.warnings.map(({ file, line, column }) => [file, line, column]),
    [
      ["main.ts", 3, 3],
      ["main.ts", 4, 3],
    ],
  );
  const [meant, unknown] = result.warnings.map(({ text }) => text);
  assert.match(meant ?? "", /^"requestFiltre" is not a hook .* did you mean requestFilter\?$/);
  assert.match(unknown ?? "", /^"zzz" is not a hook .* expected one of newCtx, /);
});

test("an error at the top level comes with its place in the source", async () => {
  const text = await failure('const broken = () => { throw new Error("no luck"); };\nbroken();');
  assert.match(text, /^main\.ts:2:\d+: The script does not start: .*no luck$/);
});

test("a text that is no script comes with the place of what is wrong", async () => {
  const bundle = await bundled(`${IMPORT}${EMPTY}`);
  const result = await cells.validate({ ...bundle, code: `${bundle.code}\n)` }, LIMITS);
  assert.ok(!result.ok);
  assert.match(result.errors[0]?.text ?? "", /^The script does not start: Unexpected token '\)'/);
});

test("an export that definePhases did not make is refused", async () => {
  const result = await validate("export default { requestFilter() {} };");
  assert.ok(!result.ok);
  assert.match(result.errors[0]?.text ?? "", /expected: export default definePhases/);
});

const HOSTILE = {
  "an endless loop": "for (;;);",
  "an endless loop of microtasks": "const again = () => Promise.resolve().then(again); again();",
  "a rejected Proxy that spins": "Promise.reject(new Proxy({}, { get() { for (;;); } }));",
  "a thrown Proxy that spins": "throw new Proxy({}, { get() { for (;;); } });",
  "a thrown getter that spins": "throw { get message() { for (;;); } };",
  "an error whose name spins":
    'throw Object.defineProperty(new Error("x"), "name", { get() { for (;;); } });',
  "what aborts V8": 'export const a = "a".repeat(2 ** 28).split("");',
  "memory without end":
    "const hoard: unknown[] = []; for (;;) hoard.push(new Array(1e5).fill(1.5));",
  "deep JSON": 'JSON.parse("[".repeat(5e6));',
  "a native loop": "([] as unknown[]).indexOf.call({ length: 2 ** 53 - 1 } as never, 1);",
  "a thrown null": "throw null;",
  "a getter among the hooks that spins": "throw { get stack() { for (;;); }, message: 1 };",
  "a log without end": 'for (;;) console.log("x".repeat(1000));',
} as const;

for (const [what, topLevel] of Object.entries(HOSTILE)) {
  test(`${what} at the top level is an error of the script, and nothing else`, async () => {
    const said = await failure(topLevel, HASTY);
    assert.match(said, /^main\.ts:\d+:\d+: The script /);
    // that would be our own program, failing
    assert.doesNotMatch(said, /status \d+/);
  });
}

test("many at once, hostile ones among them, are each answered for themselves", async () => {
  const good = await bundled(`${IMPORT}export default definePhases({ logging() {} });`);
  const bad = await bundled(`${IMPORT}for (;;);\n${EMPTY}`);
  const results = await Promise.all(
    [good, bad, good, bad, good].map((bundle) =>
      cells.validate(bundle, bundle === bad ? HASTY : LIMITS),
    ),
  );
  assert.deepEqual(
    results.map(({ ok }) => ok),
    [true, false, true, false, true],
  );
});

test("a limit that was passed is named with its value", async () => {
  const said = await failure("for (;;);", HASTY);
  assert.match(said, /its top level took over 200 ms \(limits\.startupMs\)$/);
  const hoard = "const all: unknown[] = []; for (;;) all.push(new Array(1e5).fill(1.5));";
  const other = await failure(hoard, HASTY);
  // on a slow machine time is over first, and V8 may end the process before the library sees it
  assert.match(other, /needed more than 32 MiB|took over 200 ms|within 32 MiB/);
});

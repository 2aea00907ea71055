// What a script's author is told of errors: in the terms of the source, whole, and no more.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load, type RunResult } from "sluice/test";

const folder = mkdtempSync(join(tmpdir(), "sluice-told-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

async function run(hooks: string, before = ""): Promise<RunResult> {
  const name = `my script ${files++}.ts`;
  const code = `import { definePhases, log } from "sluice";\n${before}\nexport default definePhases({\n${hooks}\n});\n`;
  writeFileSync(join(folder, name), code);
  await using app = await load(join(folder, name));
  return await app.run({});
}

test("an error that is logged has its frames in the source, and none of ours", async () => {
  const { log } = await run(
    `requestFilter() { try { fail("x"); } catch (error) { log.warn("caught", error, { error }); } },`,
    `const fail = (what: string): never => {
  throw new Error("outer " + what, { cause: new TypeError("inner") });
};`,
  );
  const [line] = log;
  assert.equal(line?.level, "warn");
  const message = line?.message ?? "";
  assert.match(message, /^caught Error: outer x\n {4}at fail \(my script \d+\.ts:3:9\)\n/);
  assert.match(message, /\n {2}cause: TypeError: inner\n {6}at fail \(my script \d+\.ts:3:45\)/);
  assert.match(message, /\n\{"error":\[Error: outer x\n {4}at fail /);
  assert.doesNotMatch(message, /sluice:runtime|script\.js/);
});

/** Of what has no stack, the hook's own place is told. */
const IN_HOOK = ", somewhere in the hook at my script N.ts:4:1";

const THROWN: Readonly<Record<string, readonly [string, string]>> = {
  "an object": [
    "({ status: 401, why: new Set([1]) })",
    `{"status":401,"why":Set(1) {1}} was thrown: expected an Error${IN_HOOK}`,
  ],
  "a Response": [
    'new Response("no", { status: 401 })',
    `a Response (401) was thrown: expected it to be returned${IN_HOOK}`,
  ],
  "a text": ['"no"', `no was thrown${IN_HOOK}`],
  nothing: ["undefined", `undefined was thrown${IN_HOOK}`],
  "what looks like an error": ['({ name: "ApiError", message: "no" })', "ApiError: no"],
  "an error without a message": ["new RangeError()", "RangeError at my script N.ts:4:25"],
};

for (const [what, [expression, expected]] of Object.entries(THROWN)) {
  test(`${what} that is thrown is told by what it is`, async () => {
    const { log, error } = await run(`requestFilter() { throw ${expression}; },`);
    const message = (log[0]?.message ?? "").replace(/script \d+\.ts/, "script N.ts");
    assert.equal(message, expected);
    assert.equal(error?.code, "script_error");
  });
}

const WRONG: Readonly<Record<string, readonly [string, string, string]>> = {
  "a result": [
    "requestFilter: () => 5,",
    "script_result",
    "requestFilter: expected a Response or nothing; got a number",
  ],
  "a ctx": [
    "requestFilter(_session, ctx) { ctx.at = new Date(0); },",
    "script_ctx",
    "requestFilter: ctx.at is a Date",
  ],
};

for (const [what, [hooks, code, expected]] of Object.entries(WRONG)) {
  test(`${what} that may not be is told with the place of its hook`, async () => {
    const { log, error } = await run(hooks);
    const message = (log[0]?.message ?? "").replace(/script \d+\.ts/, "script N.ts");
    assert.equal(message, `${expected}${IN_HOOK}`);
    assert.equal(error?.code, code);
  });
}

test("what is thrown in a timer is told with its hook and its place", async () => {
  const { log } = await run(
    `async requestFilter() {
  setTimeout(() => { throw new Error("late"); }, 1);
  await new Promise((done) => setTimeout(done, 20));
},`,
  );
  assert.deepEqual([log[0]?.level, log[0]?.hook], ["error", "requestFilter"]);
  assert.match(
    log[0]?.message ?? "",
    /^uncaught: Error: late\n {4}at .*my script \d+\.ts:5:28\)?$/,
  );
});

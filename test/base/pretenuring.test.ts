// Whether V8 has understood the flag. What the flag is for is held by
// test/downstream/exchange-counts.test.ts.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const MODULE = import.meta.resolve("../../src/base/pretenuring.ts");

/** V8's own sum of all that it was told, as a process prints it that was told this at its start. */
async function flagsOf(code: string, ...flags: string[]): Promise<string> {
  const program = `void (async () => {
    ${code} const { cachedDataVersionTag } = await import("node:v8");
    process.stdout.write(String(cachedDataVersionTag()));
  })();`;
  const args = [...flags, "--eval", program];
  return (await run(process.execPath, args)).stdout;
}

test("a process whose objects begin young is one that was started with that flag of V8", async () => {
  const made = `(await import("${MODULE}")).beginYoung();`;
  const [flagged, told, plain] = await Promise.all([
    flagsOf("", "--no-allocation-site-pretenuring"),
    flagsOf(made),
    flagsOf(""),
  ]);
  assert.equal(told, flagged);
  assert.notEqual(told, plain);
});

test("objects begin young from the first script on that a worker starts", async () => {
  const [load, script] = [
    "../../src/cli/harness/load.ts",
    "../../bench/peers/sluice-script.ts",
  ].map((path) => JSON.stringify(import.meta.resolve(path)));
  const told = `(await import("${MODULE}")).beginYoung();`;
  const engine = `await import("isolated-vm");`;
  const started = `const { load } = await import(${load});
    await (await load(new URL(${script}))).close();`;
  const [flagged, first] = await Promise.all([flagsOf(engine + told), flagsOf(started)]);
  assert.equal(first, flagged);
});

// The runner on test files that are wrong in each way that it must notice.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { kill } from "../support/kill.ts";
import { runTestFile } from "./test-file.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-run-"));
after(() => rmSync(folder, { recursive: true }));

/** The last: more than a busy machine keeps this process from hearing of the end of another. */
const QUICK = { fileMs: 60_000, exitMs: 200, groupMs: 2_000 };

/** Titles of what failed, and the number of what passed. */
async function outcomeOf(body: string, limits = QUICK) {
  writeFileSync(
    join(folder, "some.test.ts"),
    `import { describe, test } from "node:test";\n${body}`,
  );
  const { results } = await runTestFile(folder, "some.test.ts", { limits });
  const failed = results.filter(({ ok }) => !ok);
  const passed = results.filter(({ ok, skipped }) => ok && !skipped).length;
  return { passed, failed: failed.map(({ title }) => title), detail: failed[0]?.detail ?? "" };
}

test("tests count, suites and the sums of subtests do not", async () => {
  const { passed, failed } = await outcomeOf(`
    describe("suite", () => { test("one", () => {}); test("two", () => { throw new Error("no"); }); });
    test("three", async (t) => { await t.test("inner", () => {}); });
    test("four", { skip: true }, () => {});`);
  assert.deepEqual({ passed, failed }, { passed: 3, failed: ["suite › two"] });
});

test("what a failed test threw is in its detail", async () => {
  const { detail } = await outcomeOf(`test("a", () => { throw new Error("the reason"); });`);
  assert.match(detail, /Error: the reason\n {4}at /);
});

test("a file that leaves something open fails, and what it is is named", async () => {
  const { passed, failed } = await outcomeOf(`
    import { createServer } from "node:net";
    test("a", () => { createServer().listen(0, "127.0.0.1"); });`);
  assert.equal(passed, 1);
  assert.match(failed.join(), /^left something open: .*TCPServerWrap/);
});

test("a file that is still clearing up has left nothing open", async () => {
  const { passed, failed } = await outcomeOf(`
    import { after } from "node:test";
    after(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000));
    test("a", () => {});`);
  assert.deepEqual({ passed, failed }, { passed: 1, failed: [] });
});

test("a file that leaves a process behind fails, and the process is ended", async () => {
  const { failed } = await outcomeOf(`
    import { spawn } from "node:child_process";
    test("a", () => { spawn("sleep", ["60"], { stdio: "inherit" }).unref(); });`);
  assert.deepEqual(failed, ["left a process running"]);
});

test("a file that leaves a process behind in a group of its own, with its output, fails", async () => {
  const { failed } = await outcomeOf(`
    import { spawn } from "node:child_process";
    const options = { detached: true, stdio: "inherit" };
    test("a", () => { spawn("sleep", ["60"], options).unref(); });`);
  assert.deepEqual(failed, ["left a process running"]);
});

test("a file whose output somebody holds who cannot be found does not hold up the run", async () => {
  const { failed } = await outcomeOf(`
    import { spawn } from "node:child_process";
    import { writeFileSync } from "node:fs";
    const options = { detached: true, stdio: "inherit", env: {} };
    test("a", () => {
      const holder = spawn("/bin/sleep", ["600"], options);
      holder.unref();
      writeFileSync("holder", String(holder.pid));
    });`);
  kill(Number(readFileSync(join(folder, "holder"), "utf8")));
  assert.deepEqual(failed, ["left a process running"]);
});

test("a file that ends its process in the middle fails, whatever its status", async () => {
  for (const status of [0, 1]) {
    const { passed, failed } = await outcomeOf(`
      test("a", () => {});
      test("b", async () => {
        // what has been reported by now is written in the next passes of the loop
        for (let pass = 0; pass < 1_000; pass++) await new Promise(setImmediate);
        process.exit(${status});
      });
      test("c", () => {});`);
    assert.deepEqual({ passed, failed: failed.length }, { passed: 1, failed: 1 });
    assert.match(failed[0] ?? "", /^ended \(\d\) before its tests did: b; c$/);
  }
});

test("a file that does not end in time fails, and the test under way is named", async () => {
  const body = `test("stuck", () => new Promise(() => setInterval(() => {}, 1000)));`;
  const late = "not done in time; still running: ";
  let failed = [`${late}no test`];
  // a machine with much to do has not begun the test by then
  for (let fileMs = 1_000; failed.join() === `${late}no test`; fileMs *= 2) {
    ({ failed } = await outcomeOf(body, { ...QUICK, fileMs }));
  }
  assert.deepEqual(failed, [`${late}stuck`]);
});

test("a file without a test, or one that cannot be loaded, fails", async () => {
  assert.deepEqual((await outcomeOf("")).failed, ["holds no test, or failed before the first (0)"]);
  const { failed, detail } = await outcomeOf(`throw new Error("cannot load");`);
  assert.deepEqual(failed, ["holds no test, or failed before the first (1)"]);
  assert.match(detail, /cannot load/);
});

test("a process that ends badly after its tests fails", async () => {
  const { failed } = await outcomeOf(`
    test("a", () => { process.on("exit", () => process.kill(process.pid, "SIGKILL")); });`);
  assert.deepEqual(failed, ["the process ended with SIGKILL although no test failed"]);
});

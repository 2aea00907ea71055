// The first two threads of a process that load isolated-vm may do so at once.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { preloadOf } from "../support/preload.ts";

const PROGRAM = fileURLToPath(new URL("first-threads.ts", import.meta.url));
const slowFlags = preloadOf("slow-flags");
const skip = slowFlags === null && "there is no compiler for C";

/** The first of them is held up in the middle. */
async function endOf(how: string, heldUpMs: number): Promise<number | NodeJS.Signals> {
  const env = { ...process.env, ...slowFlags, HELD_UP_MS: String(heldUpMs) };
  const child = spawn(process.execPath, [PROGRAM, how], { stdio: "ignore", env });
  const [status, signal] = await once(child, "close");
  return status ?? signal;
}

test("the second waits until the library is there for all, whoever started both", {
  skip,
}, async () => {
  assert.equal(await endOf("in turn", 500), 0);
});

test("one that does not wait finds half a library", { skip }, async () => {
  assert.equal(await endOf("at once", 60_000), "SIGSEGV");
});

test("a thread that is ended as it loads leaves it to the next", async () => {
  const lock = new URL("../../src/sandbox/engine-lock.ts", import.meta.url).href;
  const code = `const { parentPort, workerData } = require("node:worker_threads");
    import(${JSON.stringify(lock)}).then(({ loadedAlone }) => loadedAlone(() => {
      parentPort.postMessage("has it");
      for (; workerData === "stays";);
    }));`;
  for (const workerData of ["stays", "leaves"]) {
    const thread = new Worker(code, { eval: true, workerData });
    assert.deepEqual(await once(thread, "message"), ["has it"]);
    await thread.terminate();
  }
});

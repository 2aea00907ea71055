// Collections that are asked for, and the end of a process while one is under way.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate as pass } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { garbageCollector } from "../../src/sandbox/garbage-collector.ts";
import { inside } from "../sdk/inside.ts";

const PROGRAM = fileURLToPath(new URL("collecting-process.ts", import.meta.url));

test("a collection frees what nobody holds", async () => {
  const collect = garbageCollector();
  const windows = new WeakRef(new SharedArrayBuffer(98_304));
  await pass(); // until then a reference that was just made is kept
  collect();
  assert.equal(windows.deref(), undefined);
});

test("no context that is made later can collect", () => {
  garbageCollector();
  assert.equal(runInNewContext("typeof gc"), "undefined");
});

test("threads that ask for it at once all get it", async () => {
  const module = new URL("../../src/sandbox/garbage-collector.ts", import.meta.url).href;
  const code = `import(${JSON.stringify(module)}).then(({ garbageCollector }) => {
    for (let i = 0; i < 100; i++) garbageCollector();
  });`;
  const threads = Array.from({ length: 4 }, () => new Worker(code, { eval: true }));
  const ends = await Promise.all(threads.map((thread) => once(thread, "exit")));
  assert.deepEqual(ends, [[0], [0], [0], [0]]);
});

test("a script cannot collect, though its context was made while another thread could", async () => {
  setFlagsFromString("--expose-gc");
  const found = inside("typeof gc");
  setFlagsFromString("--no-expose-gc");
  assert.equal(await found, "undefined");
});

for (const where of ["main", "thread"] as const) {
  const what = where === "main" ? "process" : "thread";
  test(`a ${what} that runs dry ends well while a collection is under way`, async () => {
    const child = spawn(process.execPath, [PROGRAM, where], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    assert.deepEqual(await once(child, "close"), [0, null], said);
  });
}

// A lock whose owner is ended in the middle of its work, by `terminate` or for want of memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { within } from "../../src/base/within.ts";
import { createCounterBuffers, INDEX_AT, INDEX_SIZE } from "../../src/state/counter-memory.ts";
import { CounterTable } from "../../src/state/counters.ts";

const moduleOf = (path: string): string => new URL(`../../src/state/${path}`, import.meta.url).href;

/** A thread of its own: the lock blocks whoever waits for it. */
function thread(code: string, workerData: object): Worker {
  const modules = { slots: moduleOf("counter-slots.ts"), counters: moduleOf("counters.ts") };
  const text = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { modules, buffers } = workerData;
    (async () => { ${code} })();`;
  const resourceLimits = { maxOldGenerationSizeMb: 24 };
  return new Worker(text, { eval: true, workerData: { ...workerData, modules }, resourceLimits });
}

const messageOf = (worker: Worker): Promise<unknown> =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });

/** The names that another thread finds, and a counter that it makes; null: it waits for ever. */
async function usedByAnother(buffers: object): Promise<unknown> {
  const other = thread(
    `const { CounterTable } = await import(modules.counters);
     const table = new CounterTable(buffers);
     const names = table.list().map(({ name }) => name);
     const slots = names.map((name) => table.hold({ tenant: "t", name }, 100));
     parentPort.postMessage({ names, slots });`,
    { buffers },
  );
  try {
    return await within(60_000, messageOf(other));
  } finally {
    await other.terminate();
  }
}

const ENDS = {
  terminated: "for (;;);",
  "out of memory": "const all = []; for (;;) all.push(new Array(10_000).fill(all.length));",
} as const;

for (const [end, code] of Object.entries(ENDS)) {
  test(`what a thread held that was ${end} in the middle is free again, and whole`, async () => {
    const buffers = createCounterBuffers();
    const table = new CounterTable(buffers);
    for (const name of ["a", "b", "c"]) table.add({ tenant: "t", name, value: 1n });
    const owner = thread(
      `const { CounterSlots } = await import(modules.slots);
       new CounterSlots(buffers).locked(() => {
         new Int32Array(buffers.table).fill(0, ${INDEX_AT}, ${INDEX_AT + INDEX_SIZE});
         parentPort.postMessage("held");
         ${code}
       });`,
      { buffers },
    );
    const exit = new Promise((resolve) => owner.once("exit", resolve));
    assert.equal(await messageOf(owner), "held");
    if (end === "terminated") await owner.terminate();
    owner.on("error", () => {});
    await exit;
    const found = await usedByAnother(buffers);
    assert.deepEqual(found, { names: ["a", "b", "c"], slots: [0, 1, 2] });
    assert.equal(table.set({ tenant: "t", name: "b", value: 5n }), true);
    assert.deepEqual(
      table.list().map(({ value }) => value),
      [1n, 5n, 1n],
    );
  });
}

test("what holds it and lives is waited for", async () => {
  const buffers = createCounterBuffers();
  const owner = thread(
    `const { CounterSlots } = await import(modules.slots);
     const slots = new CounterSlots(buffers);
     slots.locked(() => {
       parentPort.postMessage("held");
       const sleeper = new Int32Array(new SharedArrayBuffer(4));
       Atomics.wait(sleeper, 0, 0, 300);
       slots.slotOf({ tenant: "t", name: "last" }, 100);
     });`,
    { buffers },
  );
  assert.equal(await messageOf(owner), "held");
  const names = new CounterTable(buffers).list().map(({ name }) => name);
  assert.deepEqual(names, ["last"]);
});

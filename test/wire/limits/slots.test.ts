// Keys that come in floods, and from several threads at once: each has one slot.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { machineTime } from "../../../src/base/clock.ts";
import { LimitTable } from "../../../src/state/limit-table.ts";
import { ALGORITHM, newDecision } from "../../../src/wire/limits/algorithms.ts";
import { seedOf, takeFrom } from "../../../src/wire/limits/take.ts";

test("one key that is limited stays so while a quarter of a million others come", () => {
  for (const algorithm of [ALGORITHM.fixedWindow, ALGORITHM.tokenBucket]) {
    const rule = { limit: 100, windowMs: 3_600_000, burst: 100, algorithm };
    const table = LimitTable.make();
    const decision = newDecision(table.memory, rule);
    const name = { id: table.hold("n", rule, 8), seed: seedOf(table.memory, "n", rule) };
    const take = (key: string, nowMs: number): boolean => {
      decision.nowMs = nowMs;
      takeFrom(name, key, decision);
      return decision.isAllowed;
    };
    let allowed = 0;
    for (let i = 0; i < 250_000; i++) {
      const nowMs = 1_000_000 + Math.floor(i / 1_000);
      take(`random ${i}`, nowMs);
      if (i % 100 === 0 && take("honest", nowMs)) allowed++;
    }
    assert.ok(allowed <= 101, `${allowed} of 2,500 were let through`);
    assert.ok(table.evicted > 0n, "what is pushed out is counted");
  }
});

test("a key never has two slots, though threads bring it to a full bucket at once", async () => {
  const rule = { limit: 5, windowMs: 86_400_000, burst: 5, algorithm: ALGORITHM.fixedWindow };
  const table = LimitTable.make();
  table.hold("n", rule, 8);
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { modules, buffers, rule, nowMs } = workerData;
    (async () => {
      const { LimitTable } = await import(modules + "src/state/limit-table.ts");
      const { newDecision } = await import(modules + "src/wire/limits/algorithms.ts");
      const { seedOf, takeFrom } = await import(modules + "src/wire/limits/take.ts");
      const { memory } = new LimitTable(buffers);
      const decision = newDecision(memory, rule);
      const name = { id: 1, seed: seedOf(memory, "n", rule) };
      // side by side from the first key on: each is new to both
      const begun = new Int32Array(workerData.begun);
      Atomics.add(begun, 0, 1);
      while (Atomics.load(begun, 0) < 2);
      for (let i = 0; i < 150_000; i++) {
        decision.nowMs = nowMs;
        takeFrom(name, "k" + i, decision);
      }
      parentPort.postMessage("done");
    })();`;
  const modules = new URL("../../../", import.meta.url).href;
  const begun = new SharedArrayBuffer(4);
  const workerData = { modules, buffers: table.buffers, rule, begun, nowMs: machineTime().ms };
  await Promise.all(
    [1, 2].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(code, { eval: true, workerData });
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    ),
  );
  const seen = new Set<string>();
  for (const { note } of table.slots.live()) {
    const tag = `${note.low} ${note.high}`;
    assert.ok(!seen.has(tag), tag);
    seen.add(tag);
  }
  assert.ok(seen.size > 60_000, `${seen.size} of 65,536 slots are taken`);
});

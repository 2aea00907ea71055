// What requests under way hold of in-flight limits: exact whoever asks, given back once, and never
// more than there is room for.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { LimitTable } from "../../src/state/limit-table.ts";
import { ALGORITHM } from "../../src/wire/limits/algorithms.ts";

const RULE = { algorithm: ALGORITHM.inFlight, limit: 3, windowMs: 1, burst: 3 };
const KEY = { low: 5, high: -6 };

function limit() {
  const table = LimitTable.make();
  const id = table.hold("n", RULE, 8);
  const enter = (worker: number, key = KEY) => table.enter({ id, ...key }, RULE.limit, worker);
  return { table, id, enter, held: () => table.inFlight()[0]?.[1] };
}

test("all workers together get what the limit says, and each gives back once", () => {
  const { table, enter, held } = limit();
  const holds = [1, 2, 1, 2].map((worker) => enter(worker));
  assert.deepEqual(
    holds.map((hold) => hold !== null),
    [true, true, true, false],
  );
  assert.deepEqual([holds[0]?.release(), holds[0]?.release()], [true, false]);
  assert.equal(held(), 2);
  assert.notEqual(enter(2), null);
  const [{ allowed = 0n, refused = 0n } = {}] = table.totals();
  assert.deepEqual([allowed, refused], [4n, 1n]);
});

test("a worker that is gone holds nothing, and what it had is given back by nobody", () => {
  const { table, enter, held } = limit();
  const [gone] = [enter(1), enter(1), enter(2)];
  table.holds.dropWorker(1);
  assert.equal(held(), 1);
  assert.notEqual(enter(1), null);
  assert.equal(gone?.release(), false, "another of the same worker and key holds it now");
  assert.equal(held(), 2);
});

test("what was reset counts no more, and its end takes nothing from those that came later", () => {
  const { table, enter, held } = limit();
  const before = enter(1);
  enter(1, { low: 7, high: 7 });
  table.holds.clear(1, KEY);
  assert.equal(held(), 1);
  enter(1);
  assert.equal(before?.release(), false);
  assert.equal(held(), 2);
  assert.equal(table.reset("n", null), true);
  assert.equal(held(), 0);
});

test("keys that meet in one place have counts of their own, until there is no room", () => {
  const { enter, held } = limit();
  // the low half says where; an attacker knows none, since hashes have a secret
  const entered = Array.from({ length: 70 }, (_, i) => enter(1, { low: 9, high: i }));
  assert.equal(entered.filter((hold) => hold !== null).length, 64);
  for (const hold of entered) hold?.release();
  assert.equal(held(), 0);
});

test("threads that enter and leave at once are never more than the limit", async () => {
  const { table, id, held } = limit();
  const most = new Int32Array(new SharedArrayBuffer(8));
  const code = `
    import { workerData } from "node:worker_threads";
    const { LimitTable } = await import(workerData.module);
    const { buffers, id, worker, most } = workerData;
    const table = new LimitTable(buffers);
    let entered = 0;
    // three that are kept from the processor while they hold it keep the fourth out meanwhile
    for (let i = 0; i < 3_000 || (entered === 0 && performance.now() < 60_000); i++) {
      const hold = table.enter({ id, low: 5, high: -6 }, 3, worker);
      if (hold === null) continue;
      const now = Atomics.add(most, 0, 1) + 1;
      if (now > 3) Atomics.store(most, 1, now);
      entered++;
      Atomics.sub(most, 0, 1);
      hold.release();
    }
    if (entered === 0) throw new Error("never entered");`;
  const module = new URL("../../src/state/limit-table.ts", import.meta.url).href;
  const threads = [1, 2, 3, 4].map((worker) => {
    const workerData = { module, buffers: table.buffers, id, worker, most };
    return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData });
  });
  const exits = await Promise.all(threads.map((thread) => once(thread, "exit")));
  assert.deepEqual(exits.flat(), [0, 0, 0, 0]);
  assert.deepEqual([most[1], held()], [0, 0]);
});

// Cells that cannot be started: nobody waits at them, nothing of them stays, the next may start.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { CellStarter, type CellWorker } from "../../../src/fleet/cells/cell-starter.ts";
import { systemSandbox } from "../../../src/fleet/children/sandbox.ts";
import { WorkerCells } from "../../../src/fleet/worker/worker-cells.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { CellCounts } from "../../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { takeDescriptors } from "../../support/no-descriptors.ts";

const logger = createLogger({ level: "error", format: "json", fields: {} }, { write: () => {} });

interface Stand {
  readonly starter: CellStarter;
  readonly alive: Set<CellWorker>;
  readonly orders: string[];
}

function standWith(fails: (order: string) => boolean): Stand {
  const cells = [1, 2].map(
    (i) => new WorkerCells(i, new CellCounts(createCounterBuffers()), () => {}),
  );
  const orders: string[] = [];
  const alive = new Set(
    cells.map(
      (own, i): CellWorker => ({
        index: i + 1,
        obey: async (order) => {
          orders.push(`${order.type} ${i + 1}`);
          if (fails(`${order.type} ${i + 1}`)) throw new Error("no link");
          return await own.obey(order);
        },
      }),
    ),
  );
  const starter = new CellStarter({
    runtime: { kernel: "", extras: [] },
    cells: { sandbox: "auto", memoryMiB: 512 },
    logger,
    workers: () => [...alive],
    onReport: () => {},
    onEnd: () => {},
  });
  return { starter, alive, orders };
}

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

test("a cell to which a living worker has no way does not start", async () => {
  await systemSandbox("auto", logger);
  const { starter, orders } = standWith((order) => order === "open 2");
  const before = openDescriptors();
  await assert.rejects(starter.start(), /no link/);
  assert.deepEqual(orders.slice(2), ["ended 1", "ended 2"]);
  assert.equal(starter.alive.size, 0);
  while (openDescriptors() > before) await new Promise(setImmediate);
});

test("a worker that is gone keeps no cell from starting", async () => {
  const stand = standWith((order) => order === "open 2");
  const [, gone] = stand.alive;
  const starting = stand.starter.start();
  if (gone !== undefined) stand.alive.delete(gone);
  const cell = await starting;
  cell.kill();
  assert.equal(await cell.ended, "SIGKILL");
});

test("without a descriptor a cell does not start, and nothing else ends for it", async () => {
  const { starter, orders } = standWith(() => false);
  await systemSandbox("auto", logger);
  const before = openDescriptors();
  const starting = starter.start();
  {
    using _all = takeDescriptors();
    await assert.rejects(starting, /no descriptor is left|EMFILE/);
  }
  assert.deepEqual(orders.slice(-2), ["ended 1", "ended 2"]);
  while (openDescriptors() > before) await new Promise(setImmediate);
  const cell = await starter.start();
  cell.kill();
  await cell.ended;
});

// A number that outlives its process.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { KeptNumber } from "../../../src/fleet/main/kept-number.ts";
import { Folder } from "../../control/store-stand.ts";

const MODULE = new URL("../../../src/fleet/main/kept-number.ts", import.meta.url).href;
const WRITES = 2_000;
const WRITER = `
  import { workerData } from "node:worker_threads";
  const { KeptNumber } = await import(${JSON.stringify(MODULE)});
  const kept = new KeptNumber(workerData, "count");
  for (let i = 1; i <= ${WRITES}; i++) kept.write(i);
`;

test("whoever reads it while it is written has the old one or the new one", async () => {
  await using folder = await Folder.make();
  const kept = new KeptNumber(folder.path, "count");
  assert.equal(kept.read(), null);
  kept.write(1);
  const url = new URL(`data:text/javascript,${encodeURIComponent(WRITER)}`);
  const writer = new Worker(url, { workerData: folder.path });
  const ended = once(writer, "exit");
  let read = kept.read();
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  ended.then(over, over);
  while (!isOver) {
    for (let i = 0; i < 100; i++) {
      const next = kept.read();
      assert.ok(next !== null && next >= (read ?? 0), `${next} after ${read}`);
      read = next;
    }
    await new Promise(setImmediate);
  }
  await ended;
  assert.equal(kept.read(), WRITES);
});

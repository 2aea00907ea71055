// Request ids: their alphabet, and that no two are the same.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { makeRequestId } from "../../src/base/ids.ts";
import { LIMITS } from "../../src/base/limits.ts";

const COUNT = LIMITS.idsBatch * 20;
const MODULE = new URL("../../src/base/ids.ts", import.meta.url).href;

const idsOfAnotherThread = (): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const source = `import { parentPort } from "node:worker_threads";
      import { makeRequestId } from ${JSON.stringify(MODULE)};
      parentPort.postMessage(Array.from({ length: ${COUNT} }, makeRequestId));`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    const worker = new Worker(url);
    let ids: string[] = [];
    worker.on("message", (message: string[]) => {
      ids = message;
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve(ids));
  });

describe("makeRequestId", () => {
  it("makes 20 URL-safe characters", () => {
    for (let count = 0; count < COUNT; count++) {
      assert.match(makeRequestId(), /^[A-Za-z0-9_-]{20}$/);
    }
  });

  it("never makes the same id twice, across batches and threads", async () => {
    const ours = Array.from({ length: COUNT }, makeRequestId);
    const theirs = await idsOfAnotherThread();
    assert.equal(theirs.length, COUNT);
    assert.equal(new Set([...ours, ...theirs]).size, 2 * COUNT);
  });

  it("shows no order: neighbours differ in most of their characters", () => {
    const [one, two] = [makeRequestId(), makeRequestId()];
    const same = [...one].filter((char, index) => char === two[index]).length;
    assert.ok(same < 10, `${one} and ${two} share ${same} characters`);
  });
});

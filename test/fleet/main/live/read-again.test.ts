// What others stored and this proxy could not take is tried again by itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLUSTER_LIMITS } from "../../../../src/base/cluster-limits.ts";
import type { ReloadResult } from "../../../../src/control/api/operate.ts";
import { ReadAgain } from "../../../../src/fleet/main/live/read-again.ts";
import { createLogger } from "../../../../src/observe/log.ts";

const DONE: ReloadResult = {
  ...{ ok: true, generation: 1, revision: 7, added: [], removed: [], changed: [] },
  ...{ needsHandover: [], durationMs: 1 },
};
const refused = (isClosed: boolean): ReloadResult => ({ ok: false, isClosed, problems: ["no"] });

function stand(results: readonly ReloadResult[]) {
  const left = [...results];
  const reads: string[] = [];
  const read = (what: string) => async (): Promise<ReloadResult> => {
    reads.push(what);
    return left.shift() ?? DONE;
  };
  const logger = createLogger({ level: "error", format: "json", fields: {} }, { write: () => {} });
  const again = new ReadAgain({
    started: Promise.resolve(),
    isShared: true,
    reconciler: { startOver: () => reads.push("start over") },
    reloader: { reload: read("file"), readStore: read("store") },
    durable: { readValues: async () => {} },
    feed: { stored: 7 },
    logger,
  });
  return { again, reads };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("what is refused is read again, later each time, until it goes live", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { again, reads } = stand([refused(false), refused(false)]);
  let told = 0;
  again.watch(() => told++);
  await again.run(7);
  assert.deepEqual(again.refusal, { revision: 7, reason: "no" });
  const { refusedRetryMs } = CLUSTER_LIMITS;
  for (const [waitMs, count] of [
    [refusedRetryMs, 2],
    [refusedRetryMs, 2],
    [refusedRetryMs, 3],
  ] as const) {
    t.mock.timers.tick(waitMs);
    await settle();
    assert.equal(reads.length, count);
  }
  assert.equal(again.refusal, null);
  assert.equal(told, 3);
  t.mock.timers.tick(CLUSTER_LIMITS.refusedRetryMsMax);
  await settle();
  assert.equal(reads.length, 3);
});

test("one that ends, or hands over, tries nothing again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { again, reads } = stand([refused(true)]);
  await again.run(7);
  t.mock.timers.tick(CLUSTER_LIMITS.refusedRetryMsMax);
  await settle();
  assert.deepEqual([again.refusal, reads], [null, ["store"]]);
});

test("a store that is back is read with the file, another history from its start", async () => {
  const { again, reads } = stand([]);
  await again.run(7, { isBack: true, isReplaced: false });
  await again.run(3, { isBack: false, isReplaced: true });
  assert.deepEqual(reads, ["file", "start over", "store"]);
});

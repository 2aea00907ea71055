// What requests hold of in-flight limits that a cell decides: it is told what they give back, and
// nothing that it let in is held by nobody.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BLANK, encodeMessage, PIPE, type PipeMessage } from "../../../src/sandbox/cell/pipe.ts";
import type { Hold } from "../../../src/state/limit-holds.ts";
import { LimitMerge } from "../../../src/state/limit-merge.ts";
import { decodeLimitNews, encodeLimitNews } from "../../../src/state/limit-notes.ts";
import { LimitTable } from "../../../src/state/limit-table.ts";
import { FrameWriter } from "../../../src/wire/frame.ts";
import { ALGORITHM } from "../../../src/wire/limits/algorithms.ts";
import { OUT, OUTCOME } from "../../../src/wire/records.ts";
import { done, type PlayedCell, Stand, submitted, turnOf, written } from "./played-cells.ts";

const RULE = { algorithm: ALGORITHM.inFlight, limit: 2, windowMs: 1, burst: 2 };
const KEY = { low: 5, high: -6 };

/** A turn with one call, of which the cell has let in so many. */
function letIn({ turn, lane, words }: PipeMessage, serials: readonly number[]): Buffer {
  const frame = new FrameWriter(new Int32Array(60));
  for (const _ of serials) frame.record(OUT.HOLD, words[1], KEY.low, KEY.high);
  frame.record(OUT.DONE, words[1], OUTCOME.ok, 0, 0);
  const holds = serials.map((serial) => ({ ...KEY, serial, count: 1, worker: 0 }));
  const told = { allowed: serials.length, refused: 0, slots: [], holds };
  const limits = encodeLimitNews({ evicted: 0, groups: [{ name: "n", rule: RULE, ...told }] });
  const out = { words: frame.words, count: frame.count, limits };
  return encodeMessage({ ...BLANK, kind: PIPE.OUT, turn, lane, ...out });
}

async function heldOf({ holds }: PlayedCell): Promise<readonly [number, string, ...number[]]> {
  for (;;) {
    const told = holds.shift();
    if (told !== undefined) return [told.kind, told.text, ...told.words.subarray(0, 3)];
    await new Promise(setImmediate);
  }
}

test("a cell is told what requests give back, and its successor what they still hold", async () => {
  using stand = new Stand();
  const table = LimitTable.make();
  const cell = await stand.cell(1, "one");
  const lane = stand.lane("one", new LimitMerge(table, 4));
  const kept: Hold[] = [];
  const result = submitted(lane, kept);
  await written(cell, letIn(await turnOf(cell), [7, 8]));
  assert.equal((await result).failure, null);
  assert.deepEqual([kept.length, table.inFlight()], [2, [["n", 2]]]);
  assert.deepEqual([kept[0]?.release(), kept[0]?.release()], [true, false]);
  assert.deepEqual(await heldOf(cell), [PIPE.LEFT, "one", KEY.low, KEY.high, 0]);
  const next = await stand.cell(2, "one");
  while (next.holds.length === 0) await new Promise(setImmediate);
  const told = decodeLimitNews(next.holds[0]?.limits ?? Buffer.alloc(0));
  assert.deepEqual(
    told?.groups.map(({ holds }) => holds.map(({ count }) => count)),
    [[1]],
  );
  next.holds.length = 0;
  kept[1]?.release();
  assert.deepEqual(await heldOf(next), [PIPE.LEFT, "one", KEY.low, KEY.high, 0]);
  assert.deepEqual(table.inFlight(), [["n", 0]]);
});

test("what a cell lets in for a lane that is no more is given back at once", async () => {
  using stand = new Stand();
  const table = LimitTable.make();
  const cell = await stand.cell(1, "one");
  const lane = stand.lane("one", new LimitMerge(table, 4));
  void submitted(lane);
  const turn = await turnOf(cell);
  lane.dispose();
  await written(cell, letIn(turn, [7]));
  assert.deepEqual(await heldOf(cell), [PIPE.LEFT, "one", KEY.low, KEY.high, 7]);
  // the decision stands, and nobody holds anything
  assert.equal(table.totals().find(({ name }) => name === "n")?.allowed, 1n);
  assert.deepEqual(table.inFlight(), [["n", 0]]);
});

test("a cell that speaks for another's lane does not hear whose it is", async () => {
  using stand = new Stand();
  const table = LimitTable.make();
  const [mine, other] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
  void submitted(stand.lane("two", new LimitMerge(table, 4)));
  await written(mine, letIn(await turnOf(other), [7]));
  const lane = stand.lane("one");
  const own = submitted(lane);
  await written(mine, done(await turnOf(mine)));
  await own;
  // what it would have been told comes before its next turn
  void submitted(lane);
  await turnOf(mine);
  assert.deepEqual(mine.holds, []);
});

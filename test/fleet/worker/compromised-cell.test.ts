// How much of a worker's memory and time a cell may take that was taken over. The test is the cell,
// and sends what the runtime in an honest one never would.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallResult } from "../../../src/sandbox/call.ts";
import { type CounterNote, encodeNotes } from "../../../src/sandbox/cell/counter-notes.ts";
import { PIPE_LIMITS } from "../../../src/sandbox/cell/limits.ts";
import { BLANK, encodeMessage, PIPE, type PipeMessage } from "../../../src/sandbox/cell/pipe.ts";
import { LANE_EFFECTS_MAX } from "../../../src/sandbox/effects-weight.ts";
import { SLOTS } from "../../../src/state/counter-memory.ts";
import { COUNTERS_MAX } from "../../../src/state/counters.ts";
import { LimitMerge } from "../../../src/state/limit-merge.ts";
import { encodeLimitNews, LIMIT_NEWS_BYTES_MAX } from "../../../src/state/limit-notes.ts";
import { LimitTable } from "../../../src/state/limit-table.ts";
import { FrameWriter } from "../../../src/wire/frame.ts";
import { LIMIT_NAMES_MAX } from "../../../src/wire/limits/layout.ts";
import { OUT, RECORD_WORDS } from "../../../src/wire/records.ts";
import { done, LANE, Stand, submitted, turnOf, written } from "./played-cells.ts";

const MIB = 1_048_576;

/** Of that turn, which goes on. */
const more = ({ turn, lane }: PipeMessage, part: Partial<PipeMessage>): Buffer =>
  encodeMessage({ ...BLANK, kind: PIPE.OUT, turn, lane, isLast: false, ...part });

/** Ids of the calls that a turn carries: the test's calls write one record each. */
const idsIn = ({ words, count }: PipeMessage): number[] =>
  Array.from({ length: count }, (_, record) => words[record * RECORD_WORDS + 1] ?? 0);

test("answers of calls that do not end are kept up to a bound, of all calls of a lane together", async () => {
  using stand = new Stand();
  const [mine, other] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
  const lane = stand.lane("one");
  const bytes = Buffer.alloc(32 * MIB);
  for (let call = 0; call <= LANE_EFFECTS_MAX / bytes.length; call++) void submitted(lane);
  const turn = await turnOf(mine);
  for (const id of idsIn(turn)) {
    const words = new Int32Array(RECORD_WORDS);
    new FrameWriter(words).record(OUT.RESPOND, id, 200, 0, 0, bytes.length);
    await written(mine, more(turn, { words, count: 1, bytes }));
  }
  // the isolate is given up: its calls are suspects now, and cross alone
  while ((await turnOf(mine)).count > 1);
  const result = submitted(stand.lane("two"));
  await written(other, done(await turnOf(other)));
  assert.equal((await result).failure, null);
});

const namedFrom = (from: number, count: number): CounterNote[] =>
  Array.from({ length: count }, (_, i) => ({ name: `n-${from + i}`, by: 1n }));

test("a cell that names counters without end is reported", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  void submitted(stand.lane("one"));
  const turn = await turnOf(cell);
  for (const from of [0, COUNTERS_MAX]) {
    await written(cell, more(turn, { counters: encodeNotes(namedFrom(from, COUNTERS_MAX)) }));
  }
  assert.equal(await stand.faultOf(1), "counters beyond all limits");
  assert.equal(stand.counters.list().length, LANE.countersMax);
});

test("so is one that does it where nobody waits for what it says", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  const result = submitted(stand.lane("one"));
  const turn = await turnOf(cell);
  await written(cell, done(turn));
  assert.equal((await result).failure, null);
  for (const from of [0, COUNTERS_MAX]) {
    await written(cell, more(turn, { counters: encodeNotes(namedFrom(from, COUNTERS_MAX)) }));
  }
  assert.equal(await stand.faultOf(1), "counters beyond all limits");
  assert.equal(stand.counters.list().length, LANE.countersMax);
});

test("a cell whose tenant finds no room for its counters is believed, however often it counts", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  for (let i = 0; i < SLOTS; i++) stand.counters.add({ tenant: "many", name: `n-${i}`, value: 1n });
  const results: CallResult[] = [];
  void submitted(stand.lane("one")).then((result) => void results.push(result));
  const turn = await turnOf(cell);
  const counters = encodeNotes(namedFrom(0, 50));
  const messages = Math.ceil((2 * COUNTERS_MAX) / 50);
  for (let i = 0; i < messages; i++) await written(cell, more(turn, { counters }));
  await written(cell, done(turn, counters));
  while (results.length + stand.faults().length === 0) await new Promise(setImmediate);
  assert.deepEqual(stand.faults(), []);
  assert.equal(results[0]?.failure, null);
});

test("a cell whose counts have no end is reported", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  void submitted(stand.lane("one"));
  const turn = await turnOf(cell);
  const note = { name: "n".repeat(128), by: 1n };
  const counters = encodeNotes(Array.from({ length: COUNTERS_MAX }, () => note));
  const message = more(turn, { counters });
  const messages = Math.ceil(PIPE_LIMITS.turnNoteBytes / counters.length) + 1;
  for (let i = 0; i < messages && stand.faults().length === 0; i++) await written(cell, message);
  assert.match(await stand.faultOf(1), /^\d+ bytes of counters and limits for one turn$/);
});

const rule = { algorithm: 1, limit: 10, windowMs: 60_000, burst: 10 };
const group = (name: string) => ({ name, rule, allowed: 1, refused: 0, slots: [], holds: [] });
const groups = (count: number) => Array.from({ length: count }, (_, i) => group(`limit-${i}`));

const LIMITS_SENT: Readonly<Record<string, Buffer>> = {
  "more limits than a tenant may name": encodeLimitNews({
    evicted: 0,
    groups: groups(LIMIT_NAMES_MAX + 1),
  }),
  "more than all slots of a table": Buffer.alloc(LIMIT_NEWS_BYTES_MAX + 1),
};

for (const [title, limits] of Object.entries(LIMITS_SENT)) {
  test(`a cell that tells of ${title} is reported`, async () => {
    using stand = new Stand();
    const cell = await stand.cell(1, "one");
    const table = LimitTable.make();
    void submitted(stand.lane("one", new LimitMerge(table, LIMIT_NAMES_MAX)));
    const turn = await turnOf(cell);
    const known = encodeLimitNews({ evicted: 0, groups: groups(LIMIT_NAMES_MAX) });
    await written(cell, more(turn, { limits: known }));
    await written(cell, more(turn, { limits }));
    assert.equal(await stand.faultOf(1), "limits that are none");
    assert.equal(table.totals().length, LIMIT_NAMES_MAX);
  });
}

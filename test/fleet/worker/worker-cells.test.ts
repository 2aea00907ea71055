// A worker and a cell that was taken over: the test is the cell, at the other end of the worker's
// real sockets, and says what no honest one would.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeNotes } from "../../../src/sandbox/cell/counter-notes.ts";
import { BLANK, encodeMessage, PIPE, type PipeMessage } from "../../../src/sandbox/cell/pipe.ts";
import { FrameWriter } from "../../../src/wire/frame.ts";
import { OUT, OUTCOME } from "../../../src/wire/records.ts";
import { fc } from "../../support/property.ts";
import { done, LANE, Stand, submitted, turnOf, written } from "./played-cells.ts";

test("a cell that answers for another's tenant is not believed", async () => {
  using stand = new Stand();
  const [mine, other] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
  const result = submitted(stand.lane("two"));
  const turn = await turnOf(other);
  const edited = new FrameWriter(new Int32Array(12));
  edited.record(OUT.STATUS, turn.words[1], 418);
  edited.record(OUT.DONE, turn.words[1], OUTCOME.ok, 0, 0);
  const forged = { ...BLANK, kind: PIPE.OUT, turn: turn.turn, lane: turn.lane };
  await written(mine, encodeMessage({ ...forged, words: edited.words, count: 2 }));
  // a turn of its own has come back when the forged answer must have been read
  const own = submitted(stand.lane("one"));
  await written(mine, done(await turnOf(mine)));
  assert.equal((await own).failure, null);
  await written(other, done(turn));
  const { failure, effects } = await result;
  assert.equal(failure, null);
  assert.equal(effects, null);
  assert.deepEqual(stand.faults(), []);
});

test("a lane whose deployment the cell does not have stays refused", async () => {
  using stand = new Stand();
  await stand.cell(1, "one");
  const failure = { code: "script_disabled", message: "out", stack: "" } as const;
  await stand.cells.obey({ type: "refuse", tenant: "one", failure });
  const lane = stand.lane("one");
  await stand.cells.obey({ type: "route", tenant: "one", cell: 1, keys: [2], blamed: null });
  assert.equal((await submitted(lane)).failure, failure);
});

test("a cell that talks of what nobody asked is reported", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  stand.lane("one");
  const stray = encodeMessage({ ...BLANK, kind: PIPE.STRAY, lane: 1, turn: 7, text: "x" });
  const many = Buffer.concat(Array.from({ length: 5_000 }, () => stray));
  await written(cell, many);
  assert.equal(await stand.faultOf(1), "what nobody asked for");
});

test("a cell that says nothing of a turn, or never ends it, is reported", async () => {
  using stand = new Stand();
  const [silent, chatty] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
  void submitted(stand.lane("one"));
  void submitted(stand.lane("two"));
  await turnOf(silent);
  const { turn, lane } = await turnOf(chatty);
  stand.cells.look(performance.now());
  assert.deepEqual(stand.faults(), []);
  const more = encodeMessage({ ...BLANK, kind: PIPE.OUT, turn, lane, isLast: false });
  const many = Buffer.concat(Array.from({ length: 101_000 }, () => more));
  await written(chatty, many);
  assert.equal(await stand.faultOf(2), "100001 messages, 0 bytes for one turn");
  stand.cells.look(performance.now() + 3_600_000);
  assert.equal(await stand.faultOf(1), "nothing of a turn");
});

test("a cell gives its tenant no more counters than the tenant may have", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  const result = submitted(stand.lane("one"));
  const notes = Array.from({ length: 500 }, (_, i) => ({ name: `made-up-${i}`, by: 1n }));
  await written(cell, done(await turnOf(cell), encodeNotes(notes)));
  await result;
  assert.equal(stand.counters.list().length, LANE.countersMax);
});

test("what a cell has counted for a lane that is no more is counted, if it has the tenant", async () => {
  using stand = new Stand();
  const [mine, other] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
  const lane = stand.lane("one");
  void submitted(lane);
  const turn = await turnOf(mine);
  lane.dispose();
  const notes = (by: bigint): Buffer => done(turn, encodeNotes([{ name: "hits", by }]));
  await written(mine, notes(1n));
  while (stand.counters.list().length === 0) await new Promise(setImmediate);
  await written(other, notes(10n));
  await written(other, Buffer.alloc(256, 255));
  await stand.faultOf(2);
  await stand.cells.obey({ type: "freeze", tenant: "one" });
  await written(mine, notes(100n));
  await written(mine, Buffer.alloc(256, 255));
  await stand.faultOf(1);
  assert.deepEqual(stand.counters.list(), [{ tenant: "one", name: "hits", value: 1n }]);
});

test("what comes for a lane that is no more is counted until the tenant's last turn is over", async () => {
  using stand = new Stand();
  const cell = await stand.cell(1, "one");
  const [gone, last] = [stand.lane("one"), stand.lane("one")];
  void submitted(gone);
  const first = await turnOf(cell);
  const result = submitted(last);
  const second = await turnOf(cell);
  gone.dispose();
  const frozen = stand.cells.obey({ type: "freeze", tenant: "one" });
  // the cell has counted the first, and went on from there for the second
  for (const turn of [first, second]) {
    await written(cell, done(turn, encodeNotes([{ name: "hits", by: 1n }])));
  }
  await Promise.all([result, frozen]);
  assert.deepEqual(stand.counters.list(), [{ tenant: "one", name: "hits", value: 2n }]);
});

test("a lane that is made while its tenant moves waits for the next cell", async () => {
  using stand = new Stand();
  const before = await stand.cell(1, "one");
  await stand.cells.obey({ type: "freeze", tenant: "one" });
  const result = submitted(stand.lane("one"));
  const next = await stand.cell(2, "one");
  await written(next, done(await turnOf(next)));
  assert.equal((await result).failure, null);
  assert.deepEqual(before.turns, []);
});

test("who comes back after it was forgotten begins anew", async () => {
  using stand = new Stand();
  await stand.cell(1, "one");
  const failure = { code: "script_disabled", message: "out", stack: "" } as const;
  await stand.cells.obey({ type: "refuse", tenant: "one", failure });
  await stand.cells.obey({ type: "forget", tenants: ["one"] });
  const result = submitted(stand.lane("one"));
  // what was refused would have failed by now
  for (let pass = 0; pass < 3; pass++) await new Promise(setImmediate);
  const next = await stand.cell(2, "one");
  await written(next, done(await turnOf(next)));
  assert.equal((await result).failure, null);
});

test("a cell that begins frames and does not end them is reported, for one lane or for many", async () => {
  using stand = new Stand();
  const [long, wide] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
  for (const tenant of ["one", "two", "two"]) void submitted(stand.lane(tenant));
  const part = ({ turn, lane }: PipeMessage, length: number): Buffer => {
    const text = "x".repeat(length);
    return encodeMessage({ ...BLANK, kind: PIPE.PART, turn, lane, isLast: false, text });
  };
  const only = await turnOf(long);
  await written(long, Buffer.concat(Array.from({ length: 65 }, () => part(only, 1_048_576))));
  assert.equal(await stand.faultOf(1), "parts of a frame without end");
  for (const turn of [await turnOf(wide), await turnOf(wide)]) await written(wide, part(turn, 1));
  assert.equal(await stand.faultOf(2), "a frame in the middle of another lane's");
});

test("whatever a cell writes, its calls end or it is reported, and others' calls go on", async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
  const words = fc.array(fc.integer({ min: -2, max: 14 }), { minLength: 6, maxLength: 24 });
  const frames = fc.record({
    kind: fc.integer({ min: 0, max: 10 }),
    words: words.map((all) => Int32Array.from(all)),
    text: fc.string({ unit: "binary-ascii", maxLength: 30 }),
    counters: fc.uint8Array({ maxLength: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frames, { maxLength: 6 }), bytes, async (says, raw) => {
      using stand = new Stand();
      const [hostile, honest] = [await stand.cell(1, "one"), await stand.cell(2, "two")];
      const results = [submitted(stand.lane("one")), submitted(stand.lane("two"))];
      const { turn, lane } = await turnOf(hostile);
      for (const { words, counters, ...rest } of says) {
        const count = Math.floor(words.length / 6);
        const message = { ...BLANK, ...rest, turn, lane, words, count, isLast: false };
        await written(hostile, encodeMessage({ ...message, counters: Buffer.from(counters) }));
      }
      await written(hostile, Buffer.from(raw));
      await written(hostile, Buffer.alloc(256, 255)); // more than a header
      const fate = Promise.race([results[0], stand.faultOf(1)]);
      await written(honest, done(await turnOf(honest)));
      assert.equal((await results[1])?.failure, null);
      await fate;
    }),
    { numRuns: 60 },
  );
});

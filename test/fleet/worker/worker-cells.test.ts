// A worker and a cell that was taken over: the test is the cell, at the other end of the worker's
// real sockets, and says what no honest one would.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import type { CellNews } from "../../../src/fleet/shared/cell-messages.ts";
import { type NewLane, WorkerCells } from "../../../src/fleet/worker/worker-cells.ts";
import type { CallResult, TurnCall } from "../../../src/sandbox/call.ts";
import type { CellLane } from "../../../src/sandbox/cell/cell-lane.ts";
import { encodeNotes } from "../../../src/sandbox/cell/counter-notes.ts";
import {
  BLANK,
  encodeMessage,
  PIPE,
  type PipeMessage,
  PipeReader,
} from "../../../src/sandbox/cell/pipe.ts";
import { NO_VALUES } from "../../../src/sandbox/values.ts";
import { CellCounts } from "../../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { CounterTable } from "../../../src/state/counters.ts";
import { FrameWriter } from "../../../src/wire/frame.ts";
import { IN, OUT, OUTCOME } from "../../../src/wire/records.ts";
import { fc } from "../../support/property.ts";

const TENANTS = ["one", "two"] as const;

/** The cell of each tenant, as the test plays it. */
interface PlayedCell {
  readonly number: number;
  readonly output: Socket;
  readonly turns: PipeMessage[];
}

class Stand implements Disposable {
  readonly news: CellNews[] = [];
  readonly counters: CounterTable;
  readonly cells: WorkerCells;
  readonly #sockets: Socket[] = [];

  constructor() {
    const buffers = createCounterBuffers();
    this.counters = new CounterTable(buffers);
    this.cells = new WorkerCells(1, new CellCounts(buffers), (news) => this.news.push(news));
    const hooks = { mask: 1, unknown: [], bodies: { request: 0, response: 0 } };
    this.cells.know(TENANTS.map((tenant, i) => ({ tenant, hash: "h", key: i + 1, hooks })));
  }

  async cell(number: number, tenant: string): Promise<PlayedCell> {
    const ends = await this.cells.obey({ type: "open", cell: number });
    assert.ok(ends !== null);
    const [input, output] = [ends.input, ends.output].map((fd) => new Socket({ fd }));
    assert.ok(input !== undefined && output !== undefined);
    this.#sockets.push(input, output);
    const turns: PipeMessage[] = [];
    const reader = new PipeReader();
    input.on("data", (chunk: Buffer) =>
      reader.read(chunk, (message) => {
        if (message.kind === PIPE.TURN) turns.push(message);
      }),
    );
    for (const socket of this.#sockets) socket.on("error", () => {});
    await this.cells.obey({ type: "route", tenant, cell: number, keys: [1, 2], blamed: null });
    return { number, output, turns };
  }

  lane(tenant: string): CellLane {
    return this.cells.lane(this.cells.load(tenant, "h"), LANE);
  }

  faults(): string[] {
    return this.news.flatMap((one) => (one.type === "fault" ? [one.message] : []));
  }

  async faultOf(number: number): Promise<string> {
    for (;;) {
      for (const one of this.news) {
        if (one.type === "fault" && one.cell === number) return one.message;
      }
      await new Promise(setImmediate);
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

const LANE: NewLane = {
  hookMs: 50,
  memoryMiB: 64,
  hookWallMs: 60_000,
  waitUntilMs: 30_000,
  turnWaitMs: 60_000,
  countersMax: 4,
  rateLimits: null,
  values: () => NO_VALUES,
  observer: {
    turn: () => {},
    lost: () => {},
    asked: () => {},
    stray: () => {},
    log: () => {},
    enter: () => {},
    leave: () => {},
  },
};

/** A call whose result the test waits for. */
function submitted(lane: CellLane): Promise<CallResult> {
  return new Promise((settle) => {
    const call: TurnCall = {
      isFirst: true,
      startMs: performance.now(),
      writeTo: (frame, id) => frame.record(IN.CALL, id),
      log: () => {},
      readBody: () => {},
      streamBody: () => ({ close: () => {} }),
      whenGone: () => {},
      fetch: () => null,
      goOn: () => () => {},
      settle,
    };
    lane.submit(call);
  });
}

/** What an honest cell would say of a turn with one call: it did nothing. */
function done({ turn, lane, words }: PipeMessage, counters: Buffer = Buffer.alloc(0)): Buffer {
  const frame = new FrameWriter(new Int32Array(words.length + 6));
  frame.record(OUT.DONE, words[1], OUTCOME.ok, 0, 0);
  const { words: out, count } = frame;
  return encodeMessage({ ...BLANK, kind: PIPE.OUT, turn, lane, words: out, count, counters });
}

async function turnOf({ turns }: PlayedCell): Promise<PipeMessage> {
  for (;;) {
    const turn = turns.shift();
    if (turn !== undefined) return turn;
    await new Promise(setImmediate);
  }
}

async function written({ output }: PlayedCell, bytes: Buffer): Promise<void> {
  if (!output.write(bytes)) await Promise.race([once(output, "drain"), once(output, "close")]);
}

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
  const notes = Array.from({ length: 500 }, (_, i) => ({
    ...{ name: `made-up-${i}`, value: 1n },
    sequence: i + 1,
  }));
  await written(cell, done(await turnOf(cell), encodeNotes(notes)));
  await result;
  assert.equal(stand.counters.list().length, LANE.countersMax);
});

test("whatever a cell writes, its calls end or it is reported, and others' calls go on", async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
  const words = fc.array(fc.integer({ min: -2, max: 14 }), { minLength: 6, maxLength: 24 });
  const frames = fc.record({
    kind: fc.integer({ min: 0, max: 8 }),
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

// For tests of a worker and its cells: the test is the cell, at the other end of the worker's real
// sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import type { CellNews } from "../../../src/fleet/shared/cell-messages.ts";
import { type NewLane, WorkerCells } from "../../../src/fleet/worker/worker-cells.ts";
import type { CallResult, TurnCall } from "../../../src/sandbox/call.ts";
import type { CellLane } from "../../../src/sandbox/cell/cell-lane.ts";
import { BLANK, encodeMessage, PIPE, type PipeMessage } from "../../../src/sandbox/cell/pipe.ts";
import { PipeReader } from "../../../src/sandbox/cell/pipe-reader.ts";
import { NO_VALUES } from "../../../src/sandbox/values.ts";
import { CellCounts } from "../../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { CounterTable } from "../../../src/state/counters.ts";
import type { Hold } from "../../../src/state/limit-holds.ts";
import type { LimitMerge } from "../../../src/state/limit-merge.ts";
import { FrameWriter } from "../../../src/wire/frame.ts";
import { IN, OUT, OUTCOME } from "../../../src/wire/records.ts";

const TENANTS = ["one", "two"] as const;

/** The cell of each tenant, as the test plays it. */
export interface PlayedCell {
  readonly number: number;
  readonly output: Socket;
  readonly turns: PipeMessage[];
  /** What it was told of requests that hold something. */
  readonly holds: PipeMessage[];
}

export class Stand implements Disposable {
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
    const holds: PipeMessage[] = [];
    const reader = new PipeReader();
    input.on("data", (chunk: Buffer) =>
      reader.read(chunk, (message) => {
        if (message.kind === PIPE.TURN) turns.push(message);
        if (message.kind === PIPE.LEFT || message.kind === PIPE.HELD) holds.push(message);
      }),
    );
    for (const socket of this.#sockets) socket.on("error", () => {});
    await this.cells.obey({ type: "route", tenant, cell: number, keys: [1, 2], blamed: null });
    return { number, output, turns, holds };
  }

  lane(tenant: string, rateLimits: LimitMerge | null = null): CellLane {
    return this.cells.lane(this.cells.load(tenant, "h"), { ...LANE, rateLimits });
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

export const LANE: NewLane = {
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

/** A call whose result the test waits for. @param kept  what its request holds */
export function submitted(lane: CellLane, kept: Hold[] = []): Promise<CallResult> {
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
      keep: (hold) => kept.push(hold),
      settle,
    };
    lane.submit(call);
  });
}

/** What an honest cell would say of a turn with one call: it did nothing. */
export function done(
  { turn, lane, words }: PipeMessage,
  counters: Buffer = Buffer.alloc(0),
): Buffer {
  const frame = new FrameWriter(new Int32Array(words.length + 6));
  frame.record(OUT.DONE, words[1], OUTCOME.ok, 0, 0);
  const { words: out, count } = frame;
  return encodeMessage({ ...BLANK, kind: PIPE.OUT, turn, lane, words: out, count, counters });
}

export async function turnOf({ turns }: PlayedCell): Promise<PipeMessage> {
  for (;;) {
    const turn = turns.shift();
    if (turn !== undefined) return turn;
    await new Promise(setImmediate);
  }
}

export async function written({ output }: PlayedCell, bytes: Buffer): Promise<void> {
  if (!output.write(bytes)) await Promise.race([once(output, "drain"), once(output, "close")]);
}

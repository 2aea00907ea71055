// One turn of a lane in its cell: the isolate is found or made, entered as often as the turn needs,
// and what comes out goes back to the worker at once. What calls have counted goes with their
// results, in one message: if the cell dies behind it both have happened, and before it neither.

import { CONTROL } from "../../wire/control.ts";
import {
  EFFECTS_SIZE_MAX,
  FRAME_RECORDS_MAX,
  FRAME_SIZE_MAX,
  OUT,
  RECORD_WORDS,
} from "../../wire/records.ts";
import type { Crossings, IsolateEnd, TurnOwner } from "../crossing.ts";
import { FrameFault } from "../frame-text.ts";
import type { OutFrame } from "../record-cursor.ts";
import { Trace } from "../trace.ts";
import type { CellCounters } from "./cell-counters.ts";
import type { CellLimits } from "./cell-limits.ts";
import { FLIGHT, type FlightWriter, type Running } from "./flight.ts";
import { SentParts } from "./frame-parts.ts";
import { BLANK, PIPE, type PipeMessage } from "./pipe.ts";
import type { Resident } from "./resident.ts";
import type { Work } from "./turn-queue.ts";

/** A worker, as the cell sees it. */
export interface WorkerEnd {
  readonly index: number;
  send(message: PipeMessage): void;
}

export interface CellTurnOptions {
  readonly tenant: string;
  readonly worker: WorkerEnd;
  readonly message: PipeMessage;
  readonly counters: CellCounters;
  readonly limits: CellLimits;
  readonly flight: FlightWriter;
  /** Of its deployment. */
  readonly hookMs: number;
  /** The isolate that it is for. Null: it cannot be made, and the worker knows. */
  readonly open: () => Resident | null;
  /** The isolate is of no more use. */
  readonly drop: () => void;
}

const STRAY_CHARS_MAX = 4_096;

export class CellTurn implements Work {
  readonly tenant: string;
  readonly worker: number;
  readonly lane: number;
  readonly #options: CellTurnOptions;
  readonly #running: Running;
  readonly #reply: PipeMessage;
  readonly #parts = new SentParts();
  #resident: Resident | null = null;
  #crossings: Crossings | null = null;

  constructor(options: CellTurnOptions) {
    const { tenant, worker, message } = options;
    const { key, lane, turn } = message;
    this.tenant = tenant;
    this.worker = worker.index;
    this.lane = lane;
    this.#options = options;
    this.#running = { state: FLIGHT.turn, worker: worker.index, key, lane, turn };
    this.#reply = { ...BLANK, key, lane, turn };
  }

  step(pausedMs: number): boolean {
    const crossings = this.#crossings ?? this.#begin();
    if (crossings === null) return false;
    this.#crossings = crossings;
    this.#options.limits.worker = this.worker;
    let waitedMs = pausedMs;
    let hasMore: boolean;
    // until no call counts what is yet to be told: others here would tell it as their own
    do {
      this.#options.flight.write(this.#running);
      hasMore = crossings.next(waitedMs);
      waitedMs = 0;
    } while (hasMore && crossings.isOpen);
    if (hasMore) return true;
    this.#resident?.endTurn();
    if (crossings.end !== null) this.#lost(crossings.end);
    return false;
  }

  #begin(): Crossings | null {
    const { worker, counters, limits, message, open, hookMs } = this.#options;
    this.#resident = open();
    if (this.#resident === null) return null;
    const trace = message.kind === PIPE.TRACED_TURN ? new Trace(hookMs) : null;
    const owner: TurnOwner = {
      emit: (out, { isPart, isLast }) => {
        const { words, count, text, bytes } = checked(out);
        this.#tellHolds(words, count);
        const frame = { ...this.#reply, words, count, text, bytes };
        if (isPart && !isLast && this.#parts.hasRoom(frame)) {
          worker.send({ ...frame, kind: PIPE.PART, isLast });
          return;
        }
        this.#parts.end();
        if (isLast) this.#resident?.isolate.holdings.untold.release();
        const isReady = this.#resident?.isReady ?? false;
        worker.send({
          ...frame,
          kind: PIPE.OUT,
          isLast,
          isReady,
          counters: counters.takeNotes(),
          limits: limits.takeNotes(),
        });
      },
      stray: ({ callId, hook, message: text }) => {
        const words = Int32Array.of(callId, hook, 0, 0, 0, 0);
        worker.send({ ...this.#reply, kind: PIPE.STRAY, words, count: 1, text: asciiOf(text) });
      },
    };
    return this.#resident.turn(message, owner, trace);
  }

  /** Whose they are is in this frame. */
  #tellHolds(words: Int32Array, count: number): void {
    for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
      if (words[at] !== OUT.HOLD) continue;
      const { untold } = this.#resident?.isolate.holdings ?? {};
      const hold = untold?.claim(words[at + 2] ?? 0, words[at + 3] ?? 0) ?? null;
      if (hold !== null) this.#options.limits.tell(hold);
    }
  }

  #lost({ fault, frames }: IsolateEnd): void {
    const control = this.#resident?.isolate.windows.control;
    const words = new Int32Array(6);
    words[0] = control?.[CONTROL.CALL_ID] ?? 0;
    words[1] = control?.[CONTROL.HOOK] ?? 0;
    words[2] = control?.[CONTROL.KILLED] ?? 0;
    this.#options.drop();
    this.#options.counters.takeBack();
    this.#options.limits.takeBack();
    const text = asciiOf(fault?.message ?? frames);
    const reply = { ...this.#reply, kind: PIPE.LOST, words, count: 1, text };
    this.#options.worker.send(reply);
  }
}

/** The script may have made these lengths up: nothing is sent that the worker would not take. */
function checked(out: OutFrame): OutFrame {
  const { count, text, bytes } = out;
  if (count < 0 || count > FRAME_RECORDS_MAX) throw new FrameFault(`${count} records`);
  const size = text.length + bytes.length;
  if (size > FRAME_SIZE_MAX + EFFECTS_SIZE_MAX) throw new FrameFault(`a frame of ${size} bytes`);
  return out;
}

/** For words of ours and the engine's about an error: a latin1 section takes no other. */
export const asciiOf = (text: string): string =>
  text.slice(0, STRAY_CHARS_MAX).replace(/[^\t\n\x20-\x7e]/g, "?");

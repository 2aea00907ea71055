// One turn of an isolate in this thread: the frame in, and out as often as the runtime has more.
// What comes out is handed on at once, so that it counts even if the isolate dies in the next
// crossing.

import { CONTROL } from "../wire/control.ts";
import type { FrameWriter } from "../wire/frame.ts";
import { messageOf } from "./death.ts";
import { FrameFault, type OutFrame } from "./decode.ts";
import type { ScriptIsolate } from "./engine.ts";

export interface TurnInput {
  /** Its records are in the isolate's inbox. */
  readonly frame: FrameWriter;
  /** Number of the turn, above 0: tells the watchdog one turn from the next. */
  readonly turn: number;
  readonly nowMs: number;
  readonly seed: number;
}

/** Whom a turn tells. */
export interface TurnOwner {
  /** What came out, valid until it returns. Throws FrameFault to end the isolate. */
  emit(frame: OutFrame, isLast: boolean): void;
  /** Something went wrong in the script that no request waits for. */
  stray(message: string): void;
}

/** Why an isolate is of no use any more: a fault of its frame; null: it was disposed of. */
export interface IsolateEnd {
  readonly fault: FrameFault | null;
}

/** Crossings of one turn: two a record, and some. More: the runtime has been tampered with. */
const CROSSINGS_MAX = 8192;

/** Null: the isolate lives on. */
export function cross(
  isolate: ScriptIsolate,
  { frame, turn, nowMs, seed }: TurnInput,
  owner: TurnOwner,
): IsolateEnd | null {
  let enter = (): string => isolate.turn(frame, nowMs, seed);
  for (let crossing = 0; crossing < CROSSINGS_MAX; crossing++) {
    try {
      const text = inside(isolate, turn, enter);
      const out = takeFrame(isolate, turn, text);
      const isLast = isolate.windows.control[CONTROL.MORE] !== 1;
      owner.emit(out, isLast);
      if (isLast) return null;
      enter = () => isolate.take(false);
    } catch (thrown) {
      if (isolate.isDisposed) return DISPOSED;
      if (thrown instanceof FrameFault) return { fault: thrown };
      // a promise that was rejected with no one to catch it makes the crossing itself throw
      owner.stray(messageOf(thrown));
      enter = () => isolate.take(true);
    }
  }
  return { fault: new FrameFault("a turn without end") };
}

const DISPOSED: IsolateEnd = { fault: null };

/** The watchdog's time runs while the script has the thread, not while results are applied. */
function inside<T>(isolate: ScriptIsolate, turn: number, enter: () => T): T {
  const { control } = isolate.windows;
  control[CONTROL.BUSY] = turn;
  try {
    return enter();
  } finally {
    control[CONTROL.BUSY] = 0;
  }
}

function takeFrame(isolate: ScriptIsolate, turn: number, text: string): OutFrame {
  const { control, outbox } = isolate.windows;
  const hasBytes = (control[CONTROL.OUT_BYTES] ?? 0) > 0;
  const bytes = hasBytes ? inside(isolate, turn, () => isolate.bytes()) : NO_BYTES;
  return { words: outbox, count: control[CONTROL.OUT_RECORDS] ?? 0, text, bytes };
}

const NO_BYTES = Buffer.alloc(0);

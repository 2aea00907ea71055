// One turn of an isolate in this thread: the frame in, and out as often as the runtime has more.
// What comes out goes to the sink at once, so that it counts even if the isolate dies in the next
// crossing.

import { CONTROL } from "../wire/control.ts";
import type { FrameWriter } from "../wire/frame.ts";
import type { Failure } from "./call.ts";
import { deathOf, faultOf, messageOf } from "./death.ts";
import { FrameFault, type FrameSink, type OutFrame, type Pending, readFrame } from "./decode.ts";
import type { ScriptIsolate } from "./engine.ts";
import type { LaneOptions } from "./lane-options.ts";

export interface Crossing<P extends Pending> {
  readonly frame: FrameWriter;
  /** Number of the turn, above 0: tells the watchdog one turn from the next. */
  readonly turn: number;
  readonly sink: FrameSink<P>;
  readonly lane: LaneOptions;
}

/** Crossings of one turn: two a record, and some. More: the runtime has been tampered with. */
const CROSSINGS_MAX = 8192;

/** Null, or why the isolate is of no use any more. */
export function cross<P extends Pending>(
  isolate: ScriptIsolate,
  { frame, turn, sink, lane }: Crossing<P>,
): Failure | null {
  const nowMs = performance.timeOrigin + performance.now();
  const seed = (Math.random() * 0x1_0000_0000) | 0;
  let enter = (): string => isolate.turn(frame, nowMs, seed);
  for (let crossing = 0; crossing < CROSSINGS_MAX; crossing++) {
    try {
      const text = inside(isolate, turn, enter);
      readFrame(takeFrame(isolate, turn, text), sink);
      if (isolate.windows.control[CONTROL.MORE] !== 1) return null;
      enter = () => isolate.take(false);
    } catch (thrown) {
      if (isolate.isDisposed) return deathOf(isolate, lane);
      if (thrown instanceof FrameFault) return faultOf(thrown);
      // a promise that was rejected with no one to catch it makes the crossing itself throw
      lane.observer.stray(messageOf(thrown));
      enter = () => isolate.take(true);
    }
  }
  return faultOf(new FrameFault("a turn without end"));
}

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

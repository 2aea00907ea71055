// What the next turn of a lane carries: calls that wait, answers of the host, and whom the isolate
// need not work for any longer.

import { monotonicMs } from "../base/clock.ts";
import type { FrameWriter } from "../wire/frame.ts";
import { FRAME_SIZE_MAX } from "../wire/records.ts";
import type { CallQueue } from "./call-queue.ts";
import type { CancelledCalls } from "./cancelled-calls.ts";
import type { HostAsks } from "./host-asks.ts";
import type { LaneCall } from "./lane-call.ts";
import type { SecondChance } from "./second-chance.ts";

/** Calls that one frame carries at most: a call with its parts takes up to 8 of 2,048 records. */
const CALLS_MAX = 128;

export interface TurnLoad {
  readonly calls: LaneCall[];
  /** It works for a call alone that ran too long: where that stands is to be told. */
  readonly isTraced: boolean;
}

export interface TurnSources {
  readonly cancelled: CancelledCalls;
  readonly queue: CallQueue;
  readonly asks: HostAsks;
  readonly secondChance: SecondChance;
  /** Inside, something is to go on in this turn. */
  readonly isReady: boolean;
}

export function loadTurn(frame: FrameWriter, sources: TurnSources): TurnLoad {
  const { cancelled, queue, asks, secondChance, isReady } = sources;
  frame.reset();
  cancelled.writeTo(frame, CALLS_MAX);
  const traced = isReady ? null : secondChance.traced;
  if (traced !== null && asks.hasAnswerFor(traced.id)) {
    asks.writeTo(frame, CALLS_MAX, traced.id);
    return { calls: [], isTraced: true };
  }
  // a suspect crosses alone, and not beside what is to go on inside
  const isAlone = isReady && queue.head?.isSuspect === true;
  const calls = isAlone ? [] : queue.take(CALLS_MAX);
  if (calls[0]?.isSuspect !== true) asks.writeTo(frame, CALLS_MAX);
  let taken = 0;
  const nowMs = monotonicMs();
  for (; taken < calls.length && frame.size < FRAME_SIZE_MAX; taken++) {
    calls[taken]?.call.writeTo(frame, calls[taken]?.id ?? 0, nowMs);
  }
  // what finds no room keeps its place at the head of the queue
  if (taken < calls.length) queue.putFirst(calls.splice(taken));
  return { calls, isTraced: traced !== null && calls[0] === traced };
}

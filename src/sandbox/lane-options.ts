// What a lane needs to know, and what it lets others see.

import type { Failure } from "./call.ts";
import type { ScriptValues } from "./values.ts";

export interface LaneOptions {
  /** Longest time for one call, in ms: for the message; the watchdog keeps it. */
  readonly hookMs: number;
  readonly memoryMiB: number;
  /** Longest time that a call may await, in ms. */
  readonly hookWallMs: number;
  readonly observer: LaneObserver;
  /** The tenant's flags and secrets as they are now. */
  readonly values: () => ScriptValues;
}

/** What the lane lets others see: metrics and the log. */
export interface LaneObserver {
  turn(calls: number, durationMs: number): void;
  /** The isolate died and was replaced. */
  lost(failure: Failure): void;
  /** Something went wrong in the script that no request waits for. */
  stray(message: string): void;
  /** The script asked the host for something: a timer, a body. */
  asked(): void;
  log(level: number, message: string): void;
  /** Around each turn: whose code runs, for those who watch this thread from outside. */
  enter(): void;
  leave(): void;
}

// What a lane needs, and what it reports to others.

import type { Hold } from "../state/limit-holds.ts";
import type { Failure, LineAbout } from "./call.ts";
import type { HostCallTable } from "./host-call-table.ts";
import type { ScriptValues } from "./values.ts";

export interface LaneOptions {
  /** Longest time for one call, in ms: for the message; the watchdog keeps it. */
  readonly hookMs: number;
  readonly memoryMiB: number;
  /** Longest time that a call may await, in ms. */
  readonly hookWallMs: number;
  /** How long what a hook handed to waitUntil may go on behind its request, in ms. */
  readonly waitUntilMs: number;
  /** What its script can ask for, besides timers and the request's body. */
  readonly hostCallKinds?: HostCallTable;
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
  log(level: number, message: string, about: LineAbout): void;
  /** Around each turn: whose code runs, for those who watch this thread from outside. */
  enter(): void;
  leave(): void;
}

/** What the calls of a lane need, whichever way its turns are entered. */
export interface LaneCallsOptions {
  /** Longest time that a call may await, in ms. */
  readonly hookWallMs: number;
  /** How long what a hook handed to waitUntil may go on behind its request, in ms. */
  readonly waitUntilMs: number;
  readonly hostCallKinds: HostCallTable;
  /** What a frame that has come out says is held; null: our runtime would not have said so. */
  readonly claim: (low: number, high: number) => Hold | null;
  /** Something is ready for a turn. */
  readonly wake: () => void;
  /** The script asked the host for something. */
  readonly asked: () => void;
  /** Something went wrong in the script that no request waits for. */
  readonly stray: (message: string) => void;
  /** A line that the script wrote outside any call, or in one that was over. */
  readonly log: (level: number, message: string, about: LineAbout) => void;
}

// The call that is running, known to whatever the script calls: log lines, timers and edits
// belong to it. Microtasks of one call alone run in each crossing (turn.ts), and what another call
// awaits goes on in a slice of its own (promises.ts), so this is true after an `await` too.

import { atomicStore } from "../../src/wire/atomics.ts";
import { CONTROL } from "../../src/wire/control.ts";
import { wallMs } from "./clock.ts";
import { noteLate } from "./late-time.ts";
import { learnWith } from "./learnt.ts";
import type { Recording, Replaying } from "./notes.ts";
import { limits, port, windows } from "./port.ts";
import { mathMin } from "./primordials.ts";

/** What goes on in a slice of its call (ready.ts). */
export interface Waiting {
  next: Waiting | null;
  /** What it leaves for later is over before the next one goes on. */
  readonly isTask: boolean;
  goOn(): void;
}

type Reaction = (value: unknown) => unknown;

export class Call {
  readonly id: number;
  readonly mask: number;
  /** ctx as the host keeps it; what a failed ctx falls back to. */
  readonly ctxBefore: string;
  /** The Session that its hooks see. */
  session: object | null = null;
  ctx: unknown = undefined;
  /** Index of the hook that runs, or ran last. */
  hook = 0;
  /** False once its result is out or nobody wants it: whatever it still does is dropped. */
  isLive = true;
  /** It is in the table of those that await something. */
  isKept = false;
  /** It was said that nothing settles what it awaits. */
  isToldOf = false;
  /** Which request's it is: the host's number. */
  request = 0;
  /** What its request had used of the processor, as far as the host knew when it began. */
  cpuMsBefore = 0;
  /** What its request has used of its tenant's limits, this call included. */
  cpuMs = 0;
  logLines = 0;
  logBytes = 0;
  hostCalls = 0;
  edits = 0;
  editChars = 0;
  /** Ids of what it asked of the host; null: nothing. */
  asks: number[] | null = null;
  openAsks = 0;
  /** Promises that were handed to waitUntil, and have not settled. */
  background = 0;
  /** Its result is out, and it goes on: called when nothing of it does any more. */
  idle: (() => void) | null = null;
  /** The chunk that a body hook sees: its own bytes. Null: none, or not made yet. */
  chunk: Uint8Array<ArrayBuffer> | null = null;
  /** What the body hooks so far returned in its place, out of the script's reach; null: nothing. */
  replacement: Uint8Array<ArrayBuffer> | null = null;
  /** ctx as the host has it, of a hook that awaits; null: it has none yet. */
  ctxOut: string | null = null;
  /** What is to go on in its next slice, and whether it stands in line for that. */
  firstReady: Waiting | null = null;
  lastReady: Waiting | null = null;
  isInLine = false;
  nextInLine: Call | null = null;
  /** What it learns is noted, or is what was noted; null: nobody wants to know. */
  notes: Recording | Replaying | null = null;
  /** What stands before each of its awaits (promises.ts). */
  pass: Reaction | null = null;
  raise: Reaction | null = null;

  constructor(id: number, mask: number, ctxBefore: string) {
    this.id = id;
    this.mask = mask;
    this.ctxBefore = ctxBefore;
  }
}

let running: Call | null = null;

/** The call whose code is running; null while the script loads, and where it is nobody's. */
export const current = (): Call | null => running;

/** From when on the running call has the thread without having been charged for it. */
let sinceMs = 0;

export const chargedMs = (): number => sinceMs;

/** What the thread had used of the processor when that was last asked, and when. */
let usedMs = 0;
let askedMs = 0;
/** Between two questions at the starts of turns: one is a tenth of what a turn costs. */
const ASK_MS = 5;

/** When a call last had the processor for so long at a stretch that others notice. */
let longMs = Number.NEGATIVE_INFINITY;
const LONG_MS = 20;
/** Others are expected for so long behind such a one. */
const LONG_SEEN_MS = 10_000;

const { processorMs } = port;
const ceil = Math.ceil;

/** A turn begins: nobody pays for the time before. */
export function startMeter(nowMs: number): void {
  sinceMs = nowMs;
  if (nowMs - askedMs >= ASK_MS || nowMs < askedMs) askProcessor(nowMs);
}

/** Returns what was used since the last question. */
function askProcessor(nowMs: number): number {
  const before = usedMs;
  usedMs = processorMs();
  askedMs = nowMs;
  return usedMs - before;
}

/** Others had the thread in the middle of this turn. */
export function pause(durationMs: number): void {
  sinceMs += durationMs;
  askProcessor(sinceMs);
}

/**
 * The running call pays for what it has used of the processor: no more than the time that passed,
 * and less where the machine was busy with something else.
 */
export function charge(nowMs = wallMs()): void {
  const passedMs = nowMs - sinceMs;
  sinceMs = nowMs;
  // a clock that is set back is nobody's time
  if (running === null || passedMs <= 0) return;
  // whose call the end of a millisecond falls into is chance, and fair
  const spentMs = passedMs === 1 ? 1 : mathMin(passedMs, ceil(askProcessor(nowMs)));
  running.cpuMs += spentMs;
  if (spentMs >= LONG_MS) longMs = nowMs;
  if (!running.isLive || running.idle !== null) noteLate(running.request, spentMs);
}

/** Who has finished had better not wait for the next one. */
export const mayTakeLong = (): boolean => sinceMs - longMs < LONG_SEEN_MS;

/** Its request may run no hook any more. */
export const isSpent = (call: Call): boolean => call.cpuMs > limits.requestCpuMs;

/** Nor what is left of it when it is over, which has as much time again to come to its end. */
export const isUsedUp = (call: Call): boolean => call.cpuMs > 2 * limits.requestCpuMs;

/** No call's code runs until the next is entered. */
export function leave(): void {
  charge();
  running = null;
  learnWith(null);
  windows.control[CONTROL.CALL_ID] = 0;
}

/** Makes `call` the running one, and tells the watchdog that a new piece of work began. */
export function enter(call: Call, nowMs = wallMs()): void {
  charge(nowMs);
  running = call;
  learnWith(call.notes);
  const control = windows.control;
  control[CONTROL.CALL_ID] = call.id;
  control[CONTROL.HOOK] = call.hook;
  atomicStore(control, CONTROL.SLICE, ((control[CONTROL.SLICE] ?? 0) + 1) | 0);
}

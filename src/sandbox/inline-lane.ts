// The inline lane: the isolate lives in the worker thread, and a turn is one synchronous crossing
// (a few more when hooks await). Calls that became ready during one pass of the event loop are
// collected and cross together (turn-rounds.ts). Counters are shared memory, so a call that is
// killed may have counted.

import { epochMs, monotonicMs } from "../base/clock.ts";
import { CONTROL, KILLED, SEED_WORDS } from "../wire/control.ts";
import { FrameWriter } from "../wire/frame.ts";
import type { Lane, SubmittedCall, TurnCall } from "./call.ts";
import { cross, type IsolateEnd, type TurnOwner } from "./crossing.ts";
import { ENDED, failureOf, messageOf } from "./death.ts";
import { readFrame } from "./decode.ts";
import type { ScriptIsolate } from "./engine.ts";
import { LaneCalls } from "./lane-calls.ts";
import type { LaneOptions } from "./lane-options.ts";
import { Trace } from "./trace.ts";
import { TURN_ROUNDS, type TurnTaker } from "./turn-rounds.ts";
import { drawSeed } from "./turn-seeds.ts";

export interface InlineLaneOptions extends LaneOptions {
  /** Makes a fresh isolate, watched by the watchdog. Throws if the script does not load. */
  readonly create: () => ScriptIsolate;
}

export class InlineLane implements Lane, TurnTaker {
  readonly #options: InlineLaneOptions;
  readonly #calls: LaneCalls;
  readonly #owner: TurnOwner;
  #isolate: ScriptIsolate | null;
  #frame: FrameWriter;
  readonly #seed = new Int32Array(SEED_WORDS);
  #turns = 0;
  #isScheduled = false;

  constructor(options: InlineLaneOptions, first: ScriptIsolate) {
    this.#options = options;
    this.#isolate = first;
    this.#frame = new FrameWriter(first.windows.inbox);
    this.#calls = new LaneCalls({
      hookWallMs: options.hookWallMs,
      waitUntilMs: options.waitUntilMs,
      hostCallKinds: options.hostCallKinds ?? {},
      claim: (low, high) => this.#isolate?.holdings.untold.claim(low, high) ?? null,
      wake: () => this.#schedule(),
      asked: options.observer.asked,
      stray: options.observer.stray,
      log: options.observer.log,
    });
    this.#owner = {
      emit: (frame) => readFrame(frame, this.#calls),
      stray: (stray) => this.#calls.stray(stray),
    };
  }

  submit(call: TurnCall): SubmittedCall {
    return this.#calls.submit(call);
  }

  get heapBytes(): number {
    return this.#isolate?.size().usedBytes ?? 0;
  }

  dispose(): void {
    this.#calls.dispose();
    this.#isolate?.dispose();
    this.#isolate = null;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#calls.isDisposed) return;
    this.#isScheduled = true;
    TURN_ROUNDS.add(this);
  }

  takeTurn(): void {
    this.#isScheduled = false;
    if (this.#calls.hasWork) this.#turn();
    if (this.#calls.hasWork) this.#schedule();
  }

  #turn(): void {
    const isolate = this.#isolate ?? this.#replace();
    if (isolate === null) return;
    const { observer, values } = this.#options;
    const frame = this.#frame;
    const { calls, isTraced } = this.#calls.fill(frame);
    isolate.windows.control[CONTROL.IN_RECORDS] = frame.count;
    const startMs = monotonicMs();
    observer.enter();
    isolate.freshen(values());
    this.#turns = (this.#turns + 1) & 0x3fffffff || 1;
    const nowMs = epochMs();
    const seed = drawSeed(this.#seed);
    const trace = isTraced ? new Trace(this.#options.hookMs) : null;
    const input = { frame, turn: this.#turns, nowMs, seed, trace };
    const end = cross(isolate, input, this.#owner);
    isolate.holdings.untold.release();
    if (end !== null) this.#lost(isolate, end);
    observer.leave();
    observer.turn(calls.length, monotonicMs() - startMs);
    this.#calls.endTurn(end === null && isolate.windows.control[CONTROL.READY] === 1);
  }

  #lost(isolate: ScriptIsolate, { fault, frames }: IsolateEnd): void {
    const { control } = isolate.windows;
    const hook = control[CONTROL.HOOK] ?? 0;
    const killed = control[CONTROL.KILLED];
    const isKilled = killed === KILLED.OVERRUN;
    const words = { hook, isKilled, fault: fault?.message ?? null, frames };
    const failure = killed === KILLED.ENDING ? ENDED : failureOf(words, this.#options);
    const callId = control[CONTROL.CALL_ID] ?? 0;
    isolate.dispose();
    this.#isolate = null;
    if (killed === KILLED.PAUSED) return this.#calls.retryUntraced();
    this.#options.observer.lost(failure);
    this.#calls.lose({ failure, callId, hook });
  }

  #replace(): ScriptIsolate | null {
    try {
      const isolate = this.#options.create();
      this.#isolate = isolate;
      this.#frame = new FrameWriter(isolate.windows.inbox);
      return isolate;
    } catch (thrown) {
      const message = `the script cannot be started again: ${messageOf(thrown)}`;
      this.#calls.failQueue({ code: "script_lost", message, stack: "" });
      return null;
    }
  }
}

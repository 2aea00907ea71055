// The inline lane: the isolate lives in the worker thread, and a turn is one synchronous crossing
// (a few more when hooks await). Calls that became ready during one pass of the event loop are
// collected and cross together.
//
// When the isolate dies (the watchdog, or its memory limit), the call that was running fails, and
// every other call that has not come out runs again on a fresh isolate: of what did not come out,
// nothing happened, except counters, which are shared memory. If it cannot be told which call was
// running, those of its frame run again one by one, so that the killer is found and its neighbours
// live.

import { CONTROL } from "../wire/control.ts";
import { FrameWriter } from "../wire/frame.ts";
import { ASK, FRAME_SIZE_MAX, IN } from "../wire/records.ts";
import type { CallResult, Failure, Lane, TurnCall } from "./call.ts";
import { CallTable } from "./call-table.ts";
import { cross } from "./crossing.ts";
import { CROWDED, LOST, messageOf, RETIRED } from "./death.ts";
import type { FrameSink } from "./decode.ts";
import type { ScriptIsolate } from "./engine.ts";
import { HostAsks } from "./host-asks.ts";
import {
  canRunAgain,
  findGuilty,
  type InlineCall,
  newInlineCall,
  overdueFailure,
  readBody,
  rewind,
} from "./inline-call.ts";
import type { LaneOptions } from "./lane-options.ts";

/** Calls that one frame carries at most: a call with its parts takes up to 8 of 2,048 records. */
const CALLS_MAX = 128;
/** Turns in one pass of the event loop, before sockets get their say again. */
const ROUNDS_MAX = 8;

export class InlineLane implements Lane, FrameSink<InlineCall> {
  readonly #options: LaneOptions;
  readonly #asks: HostAsks;
  #isolate: ScriptIsolate | null;
  #frame: FrameWriter;
  #queue: InlineCall[] = [];
  #cancelled: number[] = [];
  readonly #inFlight = new CallTable<InlineCall>();
  #turns = 0;
  #isScheduled = false;
  #isDisposed = false;

  constructor(options: LaneOptions, first: ScriptIsolate) {
    this.#options = options;
    this.#isolate = first;
    this.#frame = new FrameWriter(first.windows.inbox);
    const overdue = (id: number): void => this.#overdue(id);
    this.#asks = new HostAsks(options.hookWallMs, () => this.#schedule(), overdue);
  }

  submit(call: TurnCall): number {
    const pending = newInlineCall(call);
    if (this.#isDisposed || !this.#inFlight.add(pending)) {
      const failure = this.#isDisposed ? RETIRED : CROWDED;
      setImmediate(() => call.settle({ failure, hook: -1, ctx: "", effects: null }));
      return 0;
    }
    this.#queue.push(pending);
    this.#schedule();
    return pending.id;
  }

  cancel(callId: number): string {
    const pending = this.#inFlight.get(callId) ?? null;
    if (pending === null) return "";
    this.#forget(pending);
    const queued = this.#queue.indexOf(pending);
    if (queued >= 0) this.#queue.splice(queued, 1);
    else this.#cancelled.push(callId);
    this.#schedule();
    return pending.ctx;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const pending of this.#inFlight.all()) this.#fail(pending, RETIRED);
    this.#queue = [];
    this.#asks.clear();
    this.#isolate?.dispose();
    this.#isolate = null;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isDisposed) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  /** Turns until nothing is ready: what results of one turn make ready crosses in the next. */
  readonly #run = (): void => {
    this.#isScheduled = false;
    for (let round = 0; round < ROUNDS_MAX && this.#hasWork(); round++) this.#turn();
    if (this.#hasWork()) this.#schedule();
  };

  #hasWork(): boolean {
    if (this.#isDisposed) return false;
    return this.#queue.length + this.#cancelled.length + this.#asks.ready.length > 0;
  }

  #turn(): void {
    const isolate = this.#isolate ?? this.#replace();
    if (isolate === null) return;
    const calls = this.#fill(isolate);
    const startMs = performance.now();
    this.#options.observer.enter();
    this.#turns = (this.#turns + 1) & 0x3fffffff || 1;
    const options = { frame: this.#frame, turn: this.#turns, sink: this, lane: this.#options };
    const death = cross(isolate, options);
    if (death !== null) this.#lost(isolate, death);
    this.#options.observer.leave();
    this.#options.observer.turn(calls, performance.now() - startMs);
    for (const pending of this.#inFrame) this.#suspend(pending);
    this.#inFrame = [];
  }

  /** Calls that the frame under way carries. */
  #inFrame: InlineCall[] = [];

  #fill(isolate: ScriptIsolate): number {
    const frame = this.#frame;
    frame.reset();
    for (const callId of this.#cancelled.splice(0, CALLS_MAX)) frame.record(IN.CANCEL, callId);
    const calls = this.#nextCalls();
    if (calls[0]?.isSuspect !== true) this.#asks.writeTo(frame, CALLS_MAX);
    let taken = 0;
    for (; taken < calls.length && frame.size < FRAME_SIZE_MAX; taken++) {
      calls[taken]?.call.writeTo(frame, calls[taken]?.id ?? 0);
    }
    // what finds no room keeps its place at the head of the queue
    if (taken < calls.length) this.#queue = calls.splice(taken).concat(this.#queue);
    this.#inFrame = calls;
    isolate.windows.control[CONTROL.IN_RECORDS] = frame.count;
    return calls.length;
  }

  /** From the head of the queue; a suspect comes alone. */
  #nextCalls(): InlineCall[] {
    const suspect = this.#queue.findIndex(({ isSuspect }) => isSuspect);
    if (suspect < 0) return this.#queue.splice(0, CALLS_MAX);
    return this.#queue.splice(0, Math.min(Math.max(suspect, 1), CALLS_MAX));
  }

  /** A call whose turn is over and whose result is still to come: it awaits. */
  #suspend(pending: InlineCall): void {
    if (pending.isSuspended || !this.#isUnderWay(pending)) return;
    if (this.#queue.includes(pending)) return;
    pending.isSuspended = true;
    this.#asks.suspend(pending.id);
  }

  /** The isolate is gone: the running call fails, the others run again. */
  #lost(isolate: ScriptIsolate, failure: Failure): void {
    const { control } = isolate.windows;
    const waiting = new Set(this.#queue);
    const named = this.#inFlight.get(control[CONTROL.CALL_ID] ?? 0) ?? null;
    const crossing = this.#inFrame.filter((one) => this.#isUnderWay(one) && !waiting.has(one));
    const guilty = findGuilty(named, crossing, control[CONTROL.IN_MICROTASKS] === 1);
    const hook = control[CONTROL.HOOK] ?? 0;
    isolate.dispose();
    this.#isolate = null;
    this.#asks.clear();
    this.#options.observer.lost(failure);
    const again: InlineCall[] = [];
    for (const pending of this.#inFlight.all()) {
      if (waiting.has(pending)) continue;
      if (pending === guilty) this.#fail(pending, failure, hook);
      else if (!canRunAgain(pending)) this.#fail(pending, LOST);
      else again.push(rewind(pending));
    }
    this.#inFrame = [];
    this.#queue = again.concat(this.#queue);
    this.#schedule();
  }

  #isUnderWay(pending: InlineCall): boolean {
    return this.#inFlight.get(pending.id) === pending;
  }

  #replace(): ScriptIsolate | null {
    try {
      const isolate = this.#options.create();
      this.#isolate = isolate;
      this.#frame = new FrameWriter(isolate.windows.inbox);
      return isolate;
    } catch (thrown) {
      const message = `the script cannot be started again: ${messageOf(thrown)}`;
      const failure: Failure = { code: "script_lost", message, stack: "" };
      const queued = this.#queue.splice(0);
      for (const pending of queued) this.#fail(pending, failure);
      this.#cancelled = [];
      return null;
    }
  }

  #overdue(callId: number): void {
    const pending = this.#inFlight.get(callId) ?? null;
    if (pending === null) return;
    this.#cancelled.push(callId);
    const failure = overdueFailure(pending, this.#options.hookWallMs);
    this.#forget(pending);
    const { hook, ctx, effects } = pending;
    pending.call.settle({ failure, hook, ctx, effects });
    this.#schedule();
  }

  #fail(pending: InlineCall, failure: Failure, hook = -1): void {
    this.#forget(pending);
    pending.call.settle({ failure, hook, ctx: "", effects: null });
  }

  #forget(pending: InlineCall): void {
    this.#inFlight.delete(pending);
    this.#asks.forget(pending.id);
  }

  // What the frame's reader tells.

  find(callId: number): InlineCall | null | undefined {
    return this.#inFlight.get(callId);
  }

  done(pending: InlineCall, result: CallResult): void {
    this.#forget(pending);
    pending.call.settle(result);
  }

  notStarted(pending: InlineCall): void {
    this.#queue.push(pending);
  }

  ask(pending: InlineCall, askId: number, kind: number, amount: number): void {
    if (kind === ASK.timer) this.#asks.timer(pending.id, askId, amount);
    else readBody(pending, this.#asks.later(askId));
  }

  log(level: number, message: string): void {
    this.#options.observer.log(level, message);
  }
}

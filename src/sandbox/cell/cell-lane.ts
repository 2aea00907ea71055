// The cell lane: the isolate lives in another process, and a turn is a frame on a socket. One turn
// is under way at a time; calls that become ready meanwhile wait for the next. Timers, bodies and
// the longest time that a hook may await stay here, and so does every call until its result has
// come out: the cell may die at any moment, and nothing is lost with it.
//
//     attach(link) ──▶ turns ──▶ detach(): the cell is gone, or the tenant moves
//                        ▲            │
//                        └────────────┴── attach(next link, what became of the last)

import { monotonicMs, toEpochMs } from "../../base/clock.ts";
import { SEED_WORDS } from "../../wire/control.ts";
import { FrameWriter } from "../../wire/frame.ts";
import { WINDOW_WORDS } from "../../wire/records.ts";
import type { Failure, Lane, SubmittedCall, TurnCall } from "../call.ts";
import { busyFailure, failureOf } from "../death.ts";
import { readFrame } from "../decode.ts";
import { FrameFault } from "../frame-text.ts";
import { RefusedCall } from "../lane-call.ts";
import { LaneCalls } from "../lane-calls.ts";
import { drawSeed } from "../turn-seeds.ts";
import type { CellDeath, CellLaneOptions } from "./cell-lane-options.ts";
import type { CellLink } from "./cell-link.ts";
import { ValuesSender } from "./cell-values.ts";
import { FrameParts } from "./frame-parts.ts";
import { lastWords, strayOf } from "./last-words.ts";
import { BLANK, PIPE, PipeFault, type PipeMessage } from "./pipe.ts";
import { ToldNotes } from "./told-notes.ts";
import { TurnBudget } from "./turn-budget.ts";
import { TurnGathering } from "./turn-gathering.ts";

/** Where frames are written: encoded before the next one is begun, so all lanes share it. */
const FRAME = new FrameWriter(new Int32Array(WINDOW_WORDS));

export class CellLane implements Lane {
  readonly #options: CellLaneOptions;
  readonly #calls: LaneCalls;
  readonly #values = new ValuesSender();
  #link: CellLink | null = null;
  /** The cell that has the turn under way, or had the last. */
  #sentTo: CellLink | null = null;
  readonly #budget = new TurnBudget();
  /** Why no turn is taken at all; null: they are. */
  #refusal: Failure | null = null;
  /** The main thread knows it, from the cell. */
  readonly heapBytes = 0;
  #turn = 0;
  /** A frame is out, and its last one has not come back. */
  #isOut = false;
  #carried = 0;
  readonly #gathering: TurnGathering;
  readonly #parts = new FrameParts();
  readonly #notes: ToldNotes;
  /** Resolves when no turn is under way. */
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(options: CellLaneOptions) {
    this.#options = options;
    this.#notes = new ToldNotes(options);
    const { asked, stray, log } = options.observer;
    this.#calls = new LaneCalls({
      hookWallMs: options.hookWallMs,
      waitUntilMs: options.waitUntilMs,
      hostCallKinds: options.hostCallKinds ?? {},
      claim: (low, high) => this.#notes.holds.claim(low, high),
      wake: () => this.#schedule(),
      ...{ asked, stray, log },
    });
    this.#gathering = new TurnGathering({
      waiting: () => (this.#link === null || this.#isOut ? 0 : this.#calls.readyCount),
      begin: () => this.#begin(),
      nowMs: monotonicMs,
    });
  }

  submit(call: TurnCall): SubmittedCall {
    const { turnWaitMs } = this.#options;
    const isRefused = call.isFirst && this.#calls.backlogMs() > turnWaitMs;
    return isRefused ? new RefusedCall(call, busyFailure(turnWaitMs)) : this.#calls.submit(call);
  }

  dispose(): void {
    if (this.#calls.isDisposed) return;
    const { key, lane } = this.#options;
    this.#calls.dispose();
    this.#link?.send({ ...BLANK, kind: PIPE.RELEASE, key, lane });
    this.#settle();
    this.#options.disposed();
  }

  /** Turns go there from now on. `death`: the cell before died, and our turn was running. */
  attach(link: CellLink, death: CellDeath | null): void {
    this.#refusal = null;
    const wasRunning = this.#isOut && death?.turn === this.#turn;
    this.#endTurn();
    if (wasRunning) {
      const { failure } = death;
      this.#options.observer.lost(failure);
      this.#calls.lose({ failure, callId: 0, hook: -1 }, "process");
    } else this.#calls.displace("process");
    this.#link = link;
    this.#values.forget();
    this.#schedule();
  }

  /** No turn begins. Resolves when none is under way; what the cell has not answered stays so. */
  async freeze(): Promise<void> {
    const link = this.#link;
    this.#link = null;
    if (!this.#isOut || link === null) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** The cell is gone. */
  detach(): void {
    this.#link = null;
    this.#settle();
  }

  /** Until the next `attach` every call fails. */
  refuse(failure: Failure): void {
    this.#refusal = failure;
    this.#link = null;
    this.#endTurn();
    this.#calls.displace("process");
    this.#schedule();
  }

  /** A cell should have said something by now. Null: none, or it has time. */
  overdueAt(nowMs: number): CellLink | null {
    return this.#isOut && this.#budget.isOverdue(nowMs) ? this.#sentTo : null;
  }

  /** False: of a turn that was given up, or that a cell made up. Throws PipeFault. */
  receive(message: PipeMessage, from: CellLink): boolean {
    if (!this.#isOut || message.turn !== this.#turn || from !== this.#sentTo) return false;
    this.#budget.take(message);
    switch (message.kind) {
      case PIPE.PART:
        this.#parts.add(message);
        break;
      case PIPE.OUT:
        this.#out(message);
        break;
      case PIPE.LOST:
        this.#lost(message);
        break;
      case PIPE.STRAY:
        this.#calls.stray(strayOf(message));
        break;
      default:
        throw new PipeFault(`a message of kind ${message.kind}`);
    }
    return true;
  }

  #schedule(): void {
    if (this.#calls.isDisposed || this.#isOut) return;
    if (this.#link !== null || this.#refusal !== null) this.#gathering.schedule();
  }

  #begin(): void {
    if (this.#refusal !== null) this.#calls.failQueue(this.#refusal);
    else if (this.#link !== null && !this.#isOut && this.#calls.hasWork) this.#send(this.#link);
  }

  #send(link: CellLink): void {
    const { key, lane } = this.#options;
    const { calls, isTraced } = this.#calls.fill(FRAME);
    this.#carried = calls.length;
    this.#turn = (this.#turn + 1) & 0x3fffffff || 1;
    this.#isOut = true;
    this.#sentTo = link;
    const nowMs = monotonicMs();
    this.#budget.begin(nowMs);
    this.#notes.begin();
    const { words, count, text, bytes } = FRAME;
    const message: PipeMessage = {
      ...BLANK,
      kind: isTraced ? PIPE.TRACED_TURN : PIPE.TURN,
      key,
      lane,
      turn: this.#turn,
      words,
      count,
      text,
      seed: drawSeed(new Int32Array(SEED_WORDS)),
      nowMs: toEpochMs(nowMs),
    };
    const values = this.#values.message(this.#options.values(), message);
    if (values !== null) link.send(values);
    link.send(message, bytes);
  }

  #out(message: PipeMessage): void {
    this.#notes.take(message);
    try {
      for (const frame of this.#parts.upTo(message)) readFrame(frame, this.#calls);
    } catch (thrown) {
      if (!(thrown instanceof FrameFault)) throw thrown;
      return this.#spoilt(thrown);
    } finally {
      this.#notes.holds.release();
    }
    if (!message.isLast) return;
    this.#over();
    this.#calls.endTurn(message.isReady);
    this.#schedule();
  }

  /** The isolate is gone, and its cell lives. */
  #lost(message: PipeMessage): void {
    const { start, loss, isPaused } = lastWords(message, this.#options);
    this.#over();
    if (isPaused) return this.#calls.retryUntraced();
    if (start !== null) {
      this.#calls.displace();
      return this.#calls.failQueue(start);
    }
    this.#options.observer.lost(loss.failure);
    this.#calls.lose(loss);
  }

  /** The isolate has sent what our runtime cannot have written: it is given up. */
  #spoilt(fault: FrameFault): void {
    const { key, lane } = this.#options;
    const last = { hook: 0, isKilled: false, fault: fault.message, frames: "" };
    const failure = failureOf(last, this.#options);
    this.#link?.send({ ...BLANK, kind: PIPE.RELEASE, key, lane });
    this.#over();
    this.#options.observer.lost(failure);
    this.#calls.lose({ failure, callId: 0, hook: -1 });
  }

  #over(): void {
    this.#options.observer.turn(this.#carried, monotonicMs() - this.#budget.sentMs);
    this.#endTurn();
    this.#settle();
  }

  #endTurn(): void {
    this.#isOut = false;
    this.#parts.clear();
  }

  #settle(): void {
    this.#idle?.resolve();
    this.#idle = null;
  }
}

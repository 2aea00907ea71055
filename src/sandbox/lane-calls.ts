// The calls of one lane, from their submission to their result, whichever way turns are entered:
// those that wait for the next turn, those in the frame under way, those that await something; and
// what becomes of them when the isolate dies.
//
// When it dies, the call that was running fails, and every other call that has not come out runs
// again on a fresh isolate: of what did not come out, nothing happened. If it cannot be told which
// call was running, those of its frame run again one by one, so that the killer is found and its
// neighbours live. Once in a while one that took too long runs again too (second-chance.ts).

import { monotonicMs } from "../base/clock.ts";
import type { FrameWriter } from "../wire/frame.ts";
import { HOOKS } from "../wire/phases.ts";
import type { CallResult, Failure, LineAbout, SubmittedCall, TurnCall } from "./call.ts";
import { CallQueue } from "./call-queue.ts";
import { CallTable } from "./call-table.ts";
import { CancelledCalls } from "./cancelled-calls.ts";
import { longCalls } from "./crypto/long-calls.ts";
import { CROWDED, RETIRED, type Stray, unhandled } from "./death.ts";
import type { CallLine, FrameSink } from "./decode.ts";
import { weighing } from "./effects-weight.ts";
import { type Gone, goneFailure, lostFailure } from "./gone.ts";
import { HostAsks } from "./host-asks.ts";
import type { Asked } from "./host-call.ts";
import { ownHostCalls } from "./host-calls.ts";
import {
  canRunAgain,
  findGuilty,
  LaneCall,
  type Loss,
  overdueFailure,
  RefusedCall,
  rewind,
} from "./lane-call.ts";
import type { LaneCallsOptions } from "./lane-options.ts";
import { SecondChance } from "./second-chance.ts";
import { loadTurn, type TurnLoad } from "./turn-load.ts";

/**
 * Turns that one must have waited to have waited for its own: a cell that is held up by another
 * tenant, or that is replaced, makes it wait for one.
 */
const TURNS_MIN = 8;

export class LaneCalls implements FrameSink<LaneCall> {
  readonly #options: LaneCallsOptions;
  readonly #asks: HostAsks;
  readonly #inFlight = new CallTable<LaneCall>();
  readonly #queue = new CallQueue();
  readonly #secondChance = new SecondChance();
  readonly #cancelled = new CancelledCalls();
  readonly grown = weighing(() => this.#inFlight.all());
  /** Calls that the frame under way carries. */
  #inFrame: LaneCall[] = [];
  /** Inside, something is to go on in the next turn. */
  #isReady = false;
  isDisposed = false;

  constructor(options: LaneCallsOptions) {
    this.#options = options;
    this.#asks = new HostAsks({
      kinds: { ...ownHostCalls(options.hookWallMs), ...longCalls(), ...options.hostCallKinds },
      wallMs: options.hookWallMs,
      untilMs: options.waitUntilMs,
      wake: options.wake,
      overdue: (id) => this.#overdue(id),
    });
  }

  /** Calls and answers that the next turn takes, or the one after it. */
  get readyCount(): number {
    return this.#queue.size + this.#asks.ready.length;
  }

  /** Whether a turn has anything to do. */
  get hasWork(): boolean {
    if (this.isDisposed) return false;
    return this.#isReady || this.readyCount + this.#cancelled.size > 0;
  }

  /** How long the call that has waited longest has waited for others of this lane. */
  backlogMs(): number {
    const head = this.#inFrame[0] ?? this.#queue.head;
    if (head === undefined || head.turnsWaited < TURNS_MIN) return 0;
    return monotonicMs() - head.call.startMs;
  }

  submit(call: TurnCall): SubmittedCall {
    if (this.isDisposed) return new RefusedCall(call, RETIRED);
    const pending = new LaneCall(call, this);
    if (!this.#inFlight.add(pending)) return new RefusedCall(call, CROWDED);
    this.#queue.add(pending);
    this.#options.wake();
    return pending;
  }

  cancel(pending: LaneCall): string {
    if (!this.#isUnderWay(pending)) return "";
    this.#forget(pending, null);
    if (!this.#queue.remove(pending)) this.#cancelled.add(pending);
    this.#options.wake();
    return pending.ctx;
  }

  dispose(): void {
    this.isDisposed = true;
    for (const pending of this.#inFlight.all()) this.#fail(pending, RETIRED);
    this.#queue.takeAll();
    this.#asks.clear([], RETIRED);
  }

  /** Writes what is ready into the frame of the next turn. */
  fill(frame: FrameWriter): TurnLoad {
    const load = loadTurn(frame, {
      cancelled: this.#cancelled,
      queue: this.#queue,
      asks: this.#asks,
      secondChance: this.#secondChance,
      isReady: this.#isReady,
    });
    this.#inFrame = load.calls;
    return load;
  }

  /** Calls without a result yet await something. `isReady`: some go on in the next turn. */
  endTurn(isReady: boolean): void {
    this.#isReady = isReady;
    for (const pending of this.#inFrame) this.#suspend(pending);
    this.#inFrame = [];
    this.#cancelled.endTurn();
  }

  /** The isolate is gone: the running call fails, or has a second chance; the others run again. */
  lose({ failure, callId, hook }: Loss, gone: Gone = "isolate"): void {
    const crossing = this.#inFrame.filter((one) => this.#isUnderWay(one) && !one.isQueued);
    // code of a call that is over may have been running: then none of these is to blame
    const guilty = callId === 0 ? findGuilty(crossing) : (this.#inFlight.get(callId) ?? null);
    const isLost = guilty !== null && !guilty.isQueued;
    const hasChance = isLost && this.#secondChance.give(guilty, failure);
    if (isLost && !hasChance) this.#fail(guilty, failure, hook);
    this.displace(gone, !hasChance);
    this.#options.wake();
  }

  /** The isolate is gone: those that awaited something begin anew, or fail if they may not. */
  displace(gone: Gone = "isolate", counts = true): void {
    this.#asks.clear(this.#inFlight.all(), goneFailure(gone));
    this.#cancelled.clear();
    [this.#isReady, this.#inFrame] = [false, []];
    const begun = this.#inFlight.all().filter(({ isQueued }) => !isQueued);
    for (const one of begun) if (!canRunAgain(one)) this.#fail(one, lostFailure(gone, one));
    const left = begun.filter((one) => this.#isInFlight(one));
    this.#queue.putFirst(left.map((one) => rewind(one, counts)));
  }

  /** The traced call was stopped, and is not to blame: it runs once more, as any other. */
  retryUntraced(): void {
    this.#secondChance.takeBack();
    this.displace("isolate", false);
    this.#options.wake();
  }

  /** Every call that waits for its turn fails. */
  failQueue(failure: Failure): void {
    this.#cancelled.clear();
    for (const pending of this.#queue.takeAll()) this.#fail(pending, failure);
  }

  #suspend(pending: LaneCall): void {
    if (pending.isSuspended || pending.isQueued || !this.#isUnderWay(pending)) return;
    pending.isSuspended = true;
    this.#asks.suspend(pending);
  }

  #isUnderWay(pending: LaneCall): boolean {
    return this.#isInFlight(pending) && !pending.isAnswered;
  }

  #isInFlight(pending: LaneCall): boolean {
    return this.#inFlight.get(pending.id) === pending; // else who heard of another cancelled it
  }

  #overdue(callId: number): void {
    const pending = this.#inFlight.get(callId) ?? null;
    if (pending === null) return;
    this.#cancelled.add(pending);
    const waitsForClient = this.#asks.waitsForClient(pending);
    this.#fail(pending, overdueFailure(pending, waitsForClient, this.#options));
    this.#options.wake();
  }

  /** ctx is as of its last await in this run, if it came to one. */
  #fail(pending: LaneCall, failure: Failure | null, hook = pending.hook): void {
    if (!this.#isInFlight(pending)) return;
    this.#forget(pending, failure);
    if (pending.isAnswered) return pending.end(failure);
    const { ctx, effects } = pending;
    pending.call.settle({ failure, hook, ctx, effects, endMs: monotonicMs() });
  }

  #forget(pending: LaneCall, failure: Failure | null): void {
    this.#inFlight.delete(pending);
    this.#asks.forget(pending, failure);
    if (this.#secondChance.traced === pending) this.#secondChance.endTrace();
  }

  find(callId: number): LaneCall | null | undefined {
    return this.#inFlight.get(callId);
  }

  done(pending: LaneCall, result: CallResult): void {
    if (pending.isAnswered) return this.#fail(pending, result.failure);
    const isHeld = result.failure === null && (result.effects?.answerId ?? 0) !== 0;
    const settled = isHeld ? this.#asks.handOver(result) : result;
    if (!pending.goesOn) this.#forget(pending, result.failure);
    else pending.goOn(this.#asks.untimed(pending));
    pending.call.settle(settled);
  }

  notStarted(pending: LaneCall): void {
    this.#queue.handBack(pending);
  }

  ask(pending: LaneCall, asked: Asked): void {
    this.#options.asked();
    this.#asks.begin(pending, asked);
  }

  withdraw(_pending: LaneCall, askId: number): void {
    this.#asks.withdraw(askId);
  }

  lateLine(callId: number, line: CallLine): void {
    this.#cancelled.log(callId, line);
  }

  hold(pending: LaneCall, low: number, high: number): void {
    pending.keep(this.#options.claim(low, high));
  }

  log(level: number, message: string, about: LineAbout): void {
    this.#options.log(level, message, about);
  }

  /** A promise was rejected, and nothing waits for it. */
  stray({ callId, hook, message }: Stray): void {
    const pending = this.#inFlight.get(callId) ?? null;
    if (pending === null) this.#options.stray(message);
    else pending.call.log(4, HOOKS[hook] ?? "", unhandled(message));
  }
}

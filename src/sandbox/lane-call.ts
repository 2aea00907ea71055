// A call on a lane, from its submission to its result: how often it may be run again, and whether
// it is to blame when its isolate dies.

import { monotonicMs } from "../base/clock.ts";
import type { Hold } from "../state/limit-holds.ts";
import { LOG_LEVELS } from "../wire/records.ts";
import type { Effects, Failure, SubmittedCall, TurnCall } from "./call.ts";
import type { Pending } from "./decode.ts";
import { FrameFault } from "./frame-text.ts";
import type { Held } from "./held.ts";

/**
 * A call that was lost this often with its isolate while it awaited, as the host had heard, is not
 * started again: what it has counted stands.
 */
const SUSPENDED_RERUNS_MAX = 1;
/** The same for a call that was only in the same frame: each death fails one of at most 128. */
const RERUNS_MAX = 256;
/**
 * One that was lost this often with others crosses alone from then on: however many of them end
 * their isolates, its own code is begun a few times and no more.
 */
const LOST_WITH_OTHERS_MAX = 2;

/** The calls of its lane. */
interface CallsOfLane {
  /** Returns ctx as far as it came out; empty too if the call is over. */
  cancel(call: LaneCall): string;
}

export class LaneCall implements Pending, SubmittedCall {
  id = 0;
  readonly call: TurnCall;
  effects: Effects | null = null;
  failure: Failure | null = null;
  hook = -1;
  ctx = "";
  /** It waits for a turn. */
  isQueued = false;
  /** Turns that carried it and did not start it. */
  turnsWaited = 0;
  /** Runs so far that did not come out. */
  reruns = 0;
  /** True between a turn and the answer it waits for. */
  isSuspended = false;
  goesOn = false;
  /** Its result is out. Gives back what the rest of it holds; null: there is no rest. */
  #over: (() => void) | null = null;
  /** What the host holds for it, and how long it may wait; null: nothing, and it does not. */
  held: Held | null = null;
  /** It has asked the host for something that cannot be undone. */
  hasActed = false;
  /** Of in-flight limits, by this run of it; null: nothing. */
  #holds: Hold[] | null = null;
  /** It may be why its frame died, or was in several that did: it crosses in one of its own. */
  isSuspect = false;
  readonly #calls: CallsOfLane;

  constructor(call: TurnCall, calls: CallsOfLane) {
    this.call = call;
    this.#calls = calls;
  }

  cancel(): string {
    return this.#calls.cancel(this);
  }

  /** It has its result, and will have no other. */
  get isAnswered(): boolean {
    return this.#over !== null;
  }

  /** It has entered an in-flight limit: its request keeps that. Null: nobody has taken it. */
  keep(hold: Hold | null): void {
    if (hold === null) throw new FrameFault("a hold that nobody has");
    this.#holds ??= [];
    this.#holds.push(hold);
    this.call.keep(hold);
  }

  /** As if it had not awaited in this run. */
  forgetAwait(): void {
    this.isSuspended = false;
    this.hook = -1;
    this.ctx = "";
  }

  /** It runs again, and enters again. */
  letGo(): void {
    for (const hold of this.#holds ?? []) hold.release();
    this.#holds = null;
  }

  /** Behind its result. `allow` gives it its time, once its request is over. */
  goOn(allow: () => void): void {
    this.effects = null;
    this.#over = this.call.goOn(allow);
  }

  /** What went on is over: what is wrong with it is a line of the log. */
  end(failure: Failure | null): void {
    if (failure !== null) this.call.log(WARN, "", `waitUntil: ${failure.message}`);
    this.#over?.();
  }
}

const WARN = LOG_LEVELS.indexOf("warn");

/** It never runs: so it is told, in a later pass of the loop. */
export class RefusedCall implements SubmittedCall {
  readonly #telling: NodeJS.Immediate;

  constructor(call: TurnCall, failure: Failure) {
    this.#telling = setImmediate(() =>
      call.settle({ failure, hook: -1, ctx: "", effects: null, endMs: monotonicMs() }),
    );
  }

  cancel(): string {
    clearImmediate(this.#telling);
    return "";
  }
}

/** How an isolate was lost. */
export interface Loss {
  readonly failure: Failure;
  /** Id of the call whose code was running; 0: it cannot be told. */
  readonly callId: number;
  /** Index of the hook that was running; -1: it cannot be told. */
  readonly hook: number;
}

interface Waits {
  readonly hookWallMs: number;
  readonly waitUntilMs: number;
}

/** It has waited too long: for the client, if that is slow to send the body that the hook reads. */
export function overdueFailure(
  { isAnswered }: LaneCall,
  waitsForClient: boolean,
  { hookWallMs, waitUntilMs }: Waits,
): Failure {
  if (isAnswered) {
    const message = `cut off after ${waitUntilMs} ms (limits.waitUntilMs)`;
    return { code: "script_timeout", message, stack: "" };
  }
  const bound = `${hookWallMs} ms (limits.hookWallMs)`;
  if (!waitsForClient) {
    return { code: "script_timeout", message: `still waiting after ${bound}`, stack: "" };
  }
  const message = `the request body did not come within ${bound}`;
  return { code: "request_timeout", message, stack: "" };
}

/** Its isolate died under it through no fault of its own. */
export const canRunAgain = (call: LaneCall): boolean =>
  !call.hasActed && !call.isAnswered && hasRunsLeft(call);

const hasRunsLeft = ({ reruns, isSuspended, hook }: LaneCall): boolean =>
  reruns < (isSuspended || hook >= 0 ? SUSPENDED_RERUNS_MAX : RERUNS_MAX);

/**
 * As it was before it ran: of what did not come out, nothing happened. `counts`: it is one of the
 * runs that it may lose. It is not where somebody else has a second chance, which may end the next
 * isolate too, and that then counts.
 */
export function rewind(pending: LaneCall, counts: boolean): LaneCall {
  if (counts) pending.reruns++;
  if (pending.reruns >= LOST_WITH_OTHERS_MAX) pending.isSuspect = true;
  pending.letGo();
  pending.turnsWaited = 0;
  pending.forgetAwait();
  pending.effects = null;
  pending.failure = null;
  pending.goesOn = false;
  return pending;
}

/**
 * Who was to blame, of the calls of the frame that have not come out, if the isolate does not say
 * who was running. Null: those become suspects, and cross alone.
 */
export function findGuilty(crossing: readonly LaneCall[]): LaneCall | null {
  const [only] = crossing;
  if (crossing.length === 1 && only?.isSuspect === true) return only;
  for (const pending of crossing) pending.isSuspect = true;
  return null;
}

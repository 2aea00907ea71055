// A call that ran too long may run once more. A machine may hold up an honest hook for longer
// than `hookMs`: a virtual processor is taken away and its time counted as used, memory is fetched
// back from a disk. Of a killed call nothing has happened, so running it again harms nobody, and
// one that overruns twice is to blame. Once in a while and no more: a hook that never ends costs
// its lane one `hookMs` a minute on top.

import { monotonicMs } from "../base/clock.ts";
import type { Failure } from "./call.ts";
import { canRunAgain, type LaneCall } from "./lane-call.ts";

/** Between two calls of a lane that are run again. */
const INTERVAL_MS = 60_000;

export class SecondChance {
  #givenMs = Number.NEGATIVE_INFINITY;
  #traced: LaneCall | null = null;

  /** The call that runs again, as long as it does: if it overruns again, its place is told. */
  get traced(): LaneCall | null {
    return this.#traced;
  }

  endTrace(): void {
    this.#traced = null;
  }

  /** The traced call was stopped and is not to blame: that run is not one of those it may lose. */
  takeBack(): void {
    this.#traced?.forgetAwait();
    this.#traced = null;
  }

  /** True: the call runs again, alone in its turn, instead of failing so. */
  give(pending: LaneCall, { code }: Failure): boolean {
    // a suspect that crossed alone has had its second chance, at the cost of a cell perhaps
    if (code !== "script_timeout" || pending.isSuspect || !canRunAgain(pending)) return false;
    const nowMs = monotonicMs();
    if (nowMs - this.#givenMs < INTERVAL_MS) return false;
    this.#givenMs = nowMs;
    pending.isSuspect = true;
    this.#traced = pending;
    return true;
  }
}

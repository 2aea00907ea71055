// The calls of one lane that wait for a turn, first come first served. Calls that a turn carried
// but did not start keep their place before all that came later; otherwise a lane that is always
// busy would never reach them.

import type { LaneCall } from "./lane-call.ts";

export class CallQueue {
  #waiting: LaneCall[] = [];
  /** From the frame under way, in their order. */
  #handedBack: LaneCall[] = [];

  get size(): number {
    return this.#waiting.length + this.#handedBack.length;
  }

  /** The one that has waited longest. */
  get head(): LaneCall | undefined {
    return this.#handedBack[0] ?? this.#waiting[0];
  }

  add(call: LaneCall): void {
    call.isQueued = true;
    this.#waiting.push(call);
  }

  /** A turn carried it, and did not start it. */
  handBack(call: LaneCall): void {
    if (call.isQueued) return; // a frame that says so twice
    call.isQueued = true;
    call.turnsWaited++;
    this.#handedBack.push(call);
  }

  /** In front of all others. */
  putFirst(calls: readonly LaneCall[]): void {
    for (const call of calls) call.isQueued = true;
    this.#rejoin();
    this.#waiting = calls.concat(this.#waiting);
  }

  /** False: it does not wait. */
  remove(call: LaneCall): boolean {
    if (!call.isQueued) return false;
    this.#rejoin();
    this.#waiting.splice(this.#waiting.indexOf(call), 1);
    call.isQueued = false;
    return true;
  }

  /** For the next turn: a suspect comes alone. */
  take(most: number): LaneCall[] {
    this.#rejoin();
    const suspect = this.#waiting.findIndex(({ isSuspect }) => isSuspect);
    const count = suspect < 0 ? most : Math.min(Math.max(suspect, 1), most);
    const calls = this.#waiting.splice(0, count);
    for (const call of calls) call.isQueued = false;
    return calls;
  }

  takeAll(): LaneCall[] {
    this.#rejoin();
    const calls = this.#waiting.splice(0);
    for (const call of calls) call.isQueued = false;
    return calls;
  }

  #rejoin(): void {
    if (this.#handedBack.length === 0) return;
    this.#waiting = this.#handedBack.concat(this.#waiting);
    this.#handedBack = [];
  }
}

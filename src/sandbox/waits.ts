// Who waits, and may do so for the same time as all others here: those who came first are due
// first, so that one timer does for all, and a call that is answered in time makes and drops none.

import { monotonicMs } from "../base/clock.ts";
import { LinkedList } from "../base/linked-list.ts";
import type { Held } from "./held.ts";

export class Waits {
  readonly #ms: number;
  readonly #overdue: (callId: number) => void;
  readonly #waiting = new LinkedList<Held>();
  /** Rings when the first one is due, or earlier; undefined: nobody has waited for long. */
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, overdue: (callId: number) => void) {
    this.#ms = ms;
    this.#overdue = overdue;
  }

  /** From now on. */
  add(held: Held): void {
    held.waits?.remove(held);
    held.waits = this;
    held.dueMs = monotonicMs() + this.#ms;
    this.#waiting.add(held);
    if (this.#timer === undefined) this.#arm(this.#ms);
    else this.#timer.ref();
  }

  /** It waits here. */
  remove(held: Held): void {
    held.waits = null;
    this.#waiting.remove(held);
    if (this.#waiting.first === null) this.#timer?.unref();
  }

  /** Nobody waits, or is to. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(this.#ring, ms);
  }

  readonly #ring = (): void => {
    this.#timer = undefined;
    const nowMs = monotonicMs();
    try {
      for (let held = this.#waiting.first; held !== null; held = this.#waiting.first) {
        if (held.dueMs > nowMs) break;
        this.remove(held);
        this.#overdue(held.callId);
      }
    } finally {
      this.#armFor(this.#waiting.first, nowMs);
    }
  };

  /** Whoever was told may have let another wait, for whom the timer would ring too late. */
  #armFor(next: Held | null, nowMs: number): void {
    if (next === null) return;
    clearTimeout(this.#timer);
    this.#arm(Math.max(0, Math.ceil(next.dueMs - nowMs)));
  }
}

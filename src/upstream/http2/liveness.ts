// Whether a peer of HTTP/2 is still there: after an answer that did not come in time, or a long
// silence on streams that nobody waits on, it is asked by a PING.

import { type DeadlineItem, type Deadlines, deadlineAfter } from "../../base/clock.ts";
import { LIMITS } from "../../base/limits.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";

export interface LivenessOwner {
  /** Streams are open. */
  readonly isBusy: boolean;
  ping(): void;
  /** It was asked, and has answered. */
  onAnswered(): void;
  /** It was asked, and has not. */
  onVanished(): void;
}

export class Liveness implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #deadlines: Deadlines;
  readonly #owner: LivenessOwner;
  #heardMs = 0;
  /** It was asked, and nothing was heard since. */
  isAsked = false;

  constructor(deadlines: Deadlines, owner: LivenessOwner) {
    this.#deadlines = deadlines;
    this.#owner = owner;
    deadlines.add(this);
  }

  heard(): void {
    this.#heardMs = this.#deadlines.nowMs;
    if (!this.isAsked) return;
    this.isAsked = false;
    this.watch();
    this.#owner.onAnswered();
  }

  /** From now on its silence counts. */
  watch(): void {
    if (this.deadlineMs !== 0 || this.isAsked) return;
    this.#heardMs = this.#deadlines.nowMs;
    this.deadlineMs = deadlineAfter(this.#deadlines, HTTP2_LIMITS.quietMs);
  }

  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    this.deadlineMs = deadlineAfter(this.#deadlines, LIMITS.http2PongMs);
    this.#owner.ping();
  }

  stop(): void {
    this.#deadlines.remove(this);
  }

  /** It may come early: what is heard does not move the deadline. */
  onDeadline(): void {
    if (this.isAsked) return this.#owner.onVanished();
    if (!this.#owner.isBusy) return; // until it is watched again
    const quietMs = this.#deadlines.nowMs - this.#heardMs;
    const leftMs = HTTP2_LIMITS.quietMs - quietMs;
    if (leftMs <= 0) this.ask();
    else this.deadlineMs = deadlineAfter(this.#deadlines, leftMs);
  }
}

// The time that a client has for what it owes: a head, the next request, the next part of a body.
// While the client owes nothing, no time runs.

import { type DeadlineItem, deadlineAfter } from "../base/clock.ts";
import { BodyPace } from "./body-pace.ts";
import type { ConnectionOptions } from "./connection-owner.ts";

export class ClientTimes implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly onDeadline: () => void;
  readonly #options: ConnectionOptions;
  readonly #pace: BodyPace;

  /** @param onDeadline  called when the time is up */
  constructor(options: ConnectionOptions, onDeadline: () => void) {
    this.onDeadline = onDeadline;
    this.#options = options;
    this.#pace = new BodyPace(options.bodyBytesPerSecond);
    options.deadlines.add(this);
    this.awaitHead();
  }

  /** For good. */
  stop(): void {
    this.#options.deadlines.remove(this);
  }

  awaitNothing(): void {
    this.deadlineMs = 0;
  }

  /** A head has begun, or must at once: it has to be there whole. */
  awaitHead(): void {
    this.#arm(this.#options.headMs);
  }

  /** The next request of the connection may take its time to begin. */
  awaitNext(): void {
    this.#arm(this.#options.keepAliveMs);
  }

  beginBody(idleMs: number): void {
    this.#pace.begin(idleMs);
  }

  /** So many bytes of a body came. `isAwaited`: it is the client's turn to send more of it. */
  bodyCame(bytes: number, isAwaited: boolean): void {
    const { nowMs } = this.#options.deadlines;
    this.#pace.came(nowMs, bytes);
    if (isAwaited) this.#arm(this.#pace.wait(nowMs));
    else this.deadlineMs = 0;
  }

  #arm(afterMs: number): void {
    this.deadlineMs = deadlineAfter(this.#options.deadlines, afterMs);
  }
}

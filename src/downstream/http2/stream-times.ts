// The time that a client has on one stream: to send the next part of its body, and to take what is
// on its way to it. A stream that waits for neither is among no deadlines.

import { type DeadlineItem, type Deadlines, deadlineAfter } from "../../base/clock.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import { BodyPace } from "../body-pace.ts";
import type { ConnectionOptions } from "../connection-owner.ts";
import { leastTaken } from "../write-side.ts";

class Wait implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly onDeadline: () => void;

  constructor(deadlines: Deadlines, onDeadline: () => void) {
    this.onDeadline = onDeadline;
    deadlines.add(this);
  }
}

export interface StreamTimesOwner {
  onBodyLate(): void;
  /** Its window stays shut. */
  onStuck(): void;
}

export class StreamTimes {
  readonly #options: ConnectionOptions;
  readonly #owner: StreamTimesOwner;
  #pace: BodyPace | null = null;
  #body: Wait | null = null;
  #write: Wait | null = null;

  constructor(options: ConnectionOptions, owner: StreamTimesOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  beginBody(idleMs: number): void {
    const { bodyBytesPerSecond, deadlines } = this.#options;
    this.#pace = new BodyPace(bodyBytesPerSecond);
    this.#pace.begin(idleMs);
    this.#body = new Wait(deadlines, () => this.#owner.onBodyLate());
  }

  /** So many bytes of a body came. `isAwaited`: it is the client's turn to send more of it. */
  bodyCame(bytes: number, isAwaited: boolean): void {
    if (this.#pace === null || this.#body === null) return;
    const { deadlines } = this.#options;
    this.#pace.came(deadlines.nowMs, bytes);
    const waitMs = isAwaited ? this.#pace.wait(deadlines.nowMs) : 0;
    this.#body.deadlineMs = isAwaited ? deadlineAfter(deadlines, waitMs) : 0;
  }

  /** The client must take something of what waits, again and again. */
  watchWrites(stream: SessionStream): void {
    if (this.#write !== null) return;
    const { deadlines, clientWriteMs } = this.#options;
    let { sentBytes, queuedBytes } = stream;
    const write = new Wait(deadlines, () => {
      if (stream.queuedBytes === 0) return this.#endWrites();
      const least = Math.max(1, Math.min(queuedBytes, leastTaken(this.#options)));
      if (stream.sentBytes - sentBytes < least) return this.#owner.onStuck();
      ({ sentBytes, queuedBytes } = stream);
      write.deadlineMs = deadlineAfter(deadlines, clientWriteMs);
    });
    write.deadlineMs = deadlineAfter(deadlines, clientWriteMs);
    this.#write = write;
  }

  /** For good. */
  stop(): void {
    this.#endWrites();
    if (this.#body !== null) this.#options.deadlines.remove(this.#body);
    this.#body = null;
  }

  #endWrites(): void {
    if (this.#write !== null) this.#options.deadlines.remove(this.#write);
    this.#write = null;
  }
}

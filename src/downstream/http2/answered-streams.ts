// Streams whose answer is whole while their client sends on. It is to hear that nobody wants the
// rest (RFC 9113 section 8.1), but not in one breath with the answer: curl forgets an answer that
// it has not looked at when the reset comes. So the client has a moment to end or reset the stream
// by itself, which it does when it sees that it is refused. What it sends meanwhile is thrown away,
// and opens no window.

import { type DeadlineItem, type Deadlines, deadlineAfter } from "../../base/clock.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";
import type { SessionStream } from "../../http2/session-stream.ts";

/** Among the deadlines only while there are some. */
export class AnsweredStreams implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #deadlines: Deadlines;
  readonly #stop: (stream: SessionStream) => void;
  /** Since the deadline before, or longer; and those that came after it. */
  #due: SessionStream[] = [];
  #fresh: SessionStream[] = [];

  constructor(deadlines: Deadlines, stop: (stream: SessionStream) => void) {
    this.#deadlines = deadlines;
    this.#stop = stop;
  }

  add(stream: SessionStream): void {
    if (this.#fresh.length >= 2 * HTTP2_LIMITS.streams) this.#fresh = this.#fresh.filter(isOpen);
    this.#fresh.push(stream);
    if (this.deadlineMs === 0) this.#arm();
  }

  onDeadline(): void {
    const due = this.#due;
    this.#due = this.#fresh.filter(isOpen);
    this.#fresh = [];
    for (const stream of due) this.#stop(stream);
    if (this.#due.length > 0) this.#arm();
    else this.#deadlines.remove(this);
  }

  #arm(): void {
    this.#deadlines.add(this);
    this.deadlineMs = deadlineAfter(this.#deadlines, HTTP2_LIMITS.answeredMs);
  }
}

const isOpen = ({ isClosed }: SessionStream): boolean => !isClosed;

// Streams whose answer is whole while their client sends on. It is to hear that nobody wants the
// rest (RFC 9113 section 8.1), but not in one breath with the answer: curl forgets an answer that
// it has not looked at when the reset comes. So the client has a moment to end or reset the stream
// by itself, which it does when it sees that it is refused. What it sends meanwhile is thrown away,
// and opens no window.

import { type DeadlineItem, type Deadlines, deadlineAfter } from "../../base/clock.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";
import { CODE } from "../../http2/protocol.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";

/**
 * Among the deadlines only while there are some. Which they are is known by the streams that are
 * open: one that is closed is kept nowhere.
 */
export class AnsweredStreams implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #deadlines: Deadlines;
  readonly #streams: Streams;

  constructor(deadlines: Deadlines, streams: Streams) {
    this.#deadlines = deadlines;
    this.#streams = streams;
  }

  add(stream: SessionStream): void {
    stream.stopMs = deadlineAfter(this.#deadlines, HTTP2_LIMITS.answeredMs);
    if (this.deadlineMs === 0) this.#arm(stream.stopMs);
  }

  onDeadline(): void {
    const { nowMs } = this.#deadlines;
    const answered = this.#streams.all().filter(({ stopMs }) => stopMs > 0);
    for (const stream of answered) {
      if (stream.stopMs <= nowMs) this.#streams.reset(stream, CODE.noError);
    }
    const rest = answered.filter(({ isClosed }) => !isClosed);
    if (rest.length > 0) this.#arm(Math.min(...rest.map(({ stopMs }) => stopMs)));
    else if (this.deadlineMs === 0) this.stop();
  }

  stop(): void {
    this.#deadlines.remove(this);
  }

  #arm(deadlineMs: number): void {
    this.#deadlines.add(this);
    this.deadlineMs = deadlineMs;
  }
}

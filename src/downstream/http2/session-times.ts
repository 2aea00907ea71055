// The times of a session: to begin, to end a header block, to rest without a request. While
// requests are under way and nothing is heard of the client, it is asked whether it is there.

import { type DeadlineItem, deadlineAfter } from "../../base/clock.ts";
import { LIMITS } from "../../base/limits.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";
import type { ConnectionOptions } from "../connection-owner.ts";
import { AnsweredStreams } from "./answered-streams.ts";

export interface SessionTimesOwner {
  readonly streams: Streams;
  readonly hasStreams: boolean;
  ping(): void;
  /** It did not begin as it must, or left a header block open. */
  onLate(message: string): void;
  /** It has rested long enough. */
  onRested(): void;
  /** It does not answer: it is not there any more. */
  onVanished(): void;
}

export class SessionTimes implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #options: ConnectionOptions;
  readonly #owner: SessionTimesOwner;
  /** Until it has acknowledged our settings; 0: it has. */
  #startMs: number;
  /** Until the header block that is open is whole; 0: none is. */
  #blockMs = 0;
  #restsSinceMs: number;
  #heardMs: number;
  /** When it was asked whether it is there; 0: it was not, or has answered. */
  #askedMs = 0;
  /** Null: no request was answered before its end. */
  #answered: AnsweredStreams | null = null;

  constructor(options: ConnectionOptions, owner: SessionTimesOwner) {
    const { deadlines, headMs } = options;
    this.#options = options;
    this.#owner = owner;
    this.#startMs = deadlineAfter(deadlines, headMs);
    this.#restsSinceMs = deadlines.nowMs;
    this.#heardMs = deadlines.nowMs;
    this.deadlineMs = this.#startMs;
    deadlines.add(this);
  }

  heard(): void {
    this.#heardMs = this.#options.deadlines.nowMs;
    if (this.#askedMs === 0) return;
    this.#askedMs = 0;
    this.#arm();
  }

  started(): void {
    this.#startMs = 0;
  }

  blockOpen(isOpen: boolean): void {
    const { deadlines, headMs } = this.#options;
    this.#blockMs = isOpen ? deadlineAfter(deadlines, headMs) : 0;
    this.#arm();
  }

  rests(): void {
    this.#restsSinceMs = this.#options.deadlines.nowMs;
  }

  /** The request is answered, and goes on. */
  answered(stream: SessionStream): void {
    this.#answered ??= new AnsweredStreams(this.#options.deadlines, this.#owner.streams);
    this.#answered.add(stream);
  }

  stop(): void {
    this.#answered?.stop();
    this.#options.deadlines.remove(this);
  }

  /** It may come early: what moves a time later does not move the deadline. */
  onDeadline(): void {
    const { nowMs } = this.#options.deadlines;
    if (isPast(this.#startMs, nowMs)) return this.#owner.onLate("its settings took too long");
    if (isPast(this.#blockMs, nowMs)) return this.#owner.onLate("a header block took too long");
    if (nowMs >= this.#quietUntilMs) {
      if (!this.#owner.hasStreams) return this.#owner.onRested();
      if (this.#askedMs !== 0) return this.#owner.onVanished();
      this.#askedMs = nowMs;
      this.#owner.ping();
    }
    this.#arm();
  }

  get #quietUntilMs(): number {
    const { keepAliveMs } = this.#options;
    if (!this.#owner.hasStreams) return this.#restsSinceMs + keepAliveMs;
    return this.#askedMs === 0 ? this.#heardMs + keepAliveMs : this.#askedMs + LIMITS.http2PongMs;
  }

  #arm(): void {
    const { deadlines } = this.#options;
    const quietMs = Math.max(this.#quietUntilMs - deadlines.nowMs, 0);
    let first = deadlineAfter(deadlines, quietMs);
    if (this.#startMs !== 0) first = Math.min(first, this.#startMs);
    if (this.#blockMs !== 0) first = Math.min(first, this.#blockMs);
    this.deadlineMs = first;
  }
}

const isPast = (deadlineMs: number, nowMs: number): boolean =>
  deadlineMs !== 0 && nowMs >= deadlineMs;

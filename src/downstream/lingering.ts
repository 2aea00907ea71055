// The end of a client connection: first the client takes what is still on its way to it, then our
// half ends, then theirs is read for a while and thrown away. To close at once would reset the
// connection under an answer that has not arrived yet (RFC 9112 section 9.6).
//
//     answer ──flushed──▶ FIN sent ──client's FIN, or its time is up──▶ closed
//        └─nothing taken for clientWriteMs──▶ reset
//
// A client that has not sent its whole request, and reads nothing before it has, would lose the
// answer to a reset: so what bounds it is time, and not what it sends.

import type { Socket } from "node:net";
import { type DeadlineItem, type Deadlines, deadlineAfter } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import type { WriteSide } from "./write-side.ts";

export interface LingeringOptions {
  readonly deadlines: Deadlines;
  /** Resets the socket when it is stuck. */
  readonly output: WriteSide;
  /** The client's half has ended already. */
  readonly hasEnded: boolean;
  /** Its request was not read to the end: more of it is on its way. */
  readonly isUnread: boolean;
  /** Called once, when the socket is closed. */
  readonly closed: () => void;
}

/** Takes the socket over: nobody else listens to it any more. */
export class Lingering implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #socket: Socket;
  readonly #options: LingeringOptions;
  #hasEnded: boolean;
  /** On the clock of the deadlines, when no pause is granted any more; 0: not yet known. */
  #overMs = 0;

  constructor(socket: Socket, options: LingeringOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#hasEnded = options.hasEnded;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("drain", this.#onDrain);
    socket.on("finish", this.#onFlushed);
    socket.on("error", ignore); // its close follows
    socket.on("close", this.#onClose);
    options.output.end();
    options.output.watch();
    socket.resume();
  }

  onDeadline(): void {
    this.#socket.destroy();
  }

  readonly #onData = (): void => {
    if (this.#overMs !== 0) this.#arm();
  };

  #arm(): void {
    const { deadlines, isUnread } = this.#options;
    const pauseMs = isUnread ? LIMITS.lingerPauseMs : LIMITS.lingerMs;
    this.deadlineMs = Math.min(deadlineAfter(deadlines, pauseMs), this.#overMs);
  }

  readonly #onDrain = (): void => {
    this.#options.output.onDrain();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#socket.writableFinished) this.#socket.destroy();
  };

  readonly #onFlushed = (): void => {
    const { deadlines, output, isUnread } = this.#options;
    output.stop();
    if (this.#hasEnded) {
      this.#socket.destroy();
      return;
    }
    this.#overMs = deadlineAfter(deadlines, isUnread ? LIMITS.lingerUnreadMs : LIMITS.lingerMs);
    this.#arm();
    deadlines.add(this);
  };

  readonly #onClose = (): void => {
    const { deadlines, output, closed } = this.#options;
    output.stop();
    deadlines.remove(this);
    closed();
  };
}

function ignore(): void {}

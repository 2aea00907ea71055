// The end of a client connection: first the client takes what is still on its way to it, then our
// half ends, then theirs is read for a while and thrown away. To close at once would reset the
// connection under an answer that has not arrived yet (RFC 9112 section 9.6).
//
//     answer ──flushed──▶ FIN sent ──client's FIN, or lingerMs, or lingerBytes──▶ closed
//        └─nothing taken for clientWriteMs──▶ reset

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
  /** Called once, when the socket is closed. */
  readonly closed: () => void;
}

/** Takes the socket over: nobody else listens to it any more. */
export class Lingering implements DeadlineItem {
  deadlineMs = 0;
  readonly #socket: Socket;
  readonly #options: LingeringOptions;
  #hasEnded: boolean;
  #received = 0;

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

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length;
    if (this.#received > LIMITS.lingerBytes) this.#socket.destroy();
  };

  readonly #onDrain = (): void => {
    this.#options.output.onDrain();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#socket.writableFinished) this.#socket.destroy();
  };

  readonly #onFlushed = (): void => {
    const { deadlines, output } = this.#options;
    output.stop();
    if (this.#hasEnded) {
      this.#socket.destroy();
      return;
    }
    this.deadlineMs = deadlineAfter(deadlines, LIMITS.lingerMs);
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

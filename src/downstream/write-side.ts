// The bytes on their way to a client: whether it takes them, and whether it still does. Who writes
// holds back while `isBlocked`; a client that takes nothing for `clientWriteMs` is stuck.

import type { Socket } from "node:net";
import { type DeadlineItem, type Deadlines, deadlineAfter } from "../base/clock.ts";

export interface WriteSideOptions {
  readonly deadlines: Deadlines;
  readonly clientWriteMs: number;
}

/** Among the deadlines only while something waits: an idle or well-read connection costs nothing. */
export class WriteSide implements DeadlineItem {
  deadlineMs = 0;
  /** The socket holds more than it wants to: its `drain` comes when that has left. */
  isBlocked = false;
  readonly #socket: Socket;
  readonly #options: WriteSideOptions;
  readonly #onStuck: () => void;
  #left = 0;

  constructor(socket: Socket, options: WriteSideOptions, onStuck: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#onStuck = onStuck;
  }

  /** False: hold back. Strings are latin1. */
  write(data: string | Buffer): boolean {
    const hasRoom =
      typeof data === "string" ? this.#socket.write(data, "latin1") : this.#socket.write(data);
    if (!hasRoom && !this.isBlocked) {
      this.isBlocked = true;
      this.watch();
    }
    return hasRoom;
  }

  /** The socket's `drain` has come. */
  onDrain(): void {
    this.isBlocked = false;
    this.stop();
  }

  /** From now on the client must take something of what waits, again and again. */
  watch(): void {
    const { deadlines, clientWriteMs } = this.#options;
    this.#left = this.#socket.writableLength;
    this.deadlineMs = deadlineAfter(deadlines, clientWriteMs);
    deadlines.add(this);
  }

  stop(): void {
    this.#options.deadlines.remove(this);
  }

  onDeadline(): void {
    const hasMoved = this.#socket.writableLength < this.#left;
    if (hasMoved) this.watch();
    else this.#onStuck();
  }
}

// The bytes on their way to a client. It knows whether the client takes them, and whether it still
// does. The writer pauses while `isBlocked`; a client that takes nothing, or too little, for
// `clientWriteMs` is stuck. A socket reports only when all its bytes have left, so large answers
// are given to it in pieces.

import type { Socket } from "node:net";
import { type DeadlineItem, type Deadlines, deadlineAfter } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import { WriteTap } from "../base/write-tap.ts";

export interface WriteSideOptions {
  readonly deadlines: Deadlines;
  readonly clientWriteMs: number;
  /** The least that the client must take, on average; 0: any. */
  readonly responseBytesPerSecond: number;
}

/** What a client must take in each `clientWriteMs`, if so much waits for it. */
export const leastTaken = ({ clientWriteMs, responseBytesPerSecond }: WriteSideOptions): number =>
  Math.floor((clientWriteMs * responseBytesPerSecond) / 1_000);

/**
 * Among the deadlines only while something waits: an idle or well-read connection costs nothing.
 */
export class WriteSide implements DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  /** The socket holds more than it wants to: its `drain` comes when that has left. */
  isBlocked = false;
  readonly #socket: Socket;
  readonly #tap: WriteTap;
  readonly #options: WriteSideOptions;
  readonly #onStuck: () => void;
  #left = 0;
  /** What waits as the socket has enough: pieces of large answers, what follows, who is told. */
  readonly #queue: (string | Buffer | (() => void))[] = [];
  #isEnding = false;

  constructor(socket: Socket, options: WriteSideOptions, onStuck: () => void) {
    this.#socket = socket;
    this.#tap = new WriteTap(socket);
    this.#options = options;
    this.#onStuck = onStuck;
  }

  /** False: hold back. Strings are latin1. `left` is called when all has left, or never will. */
  write(data: string | Buffer, left?: () => void): boolean {
    const isSmall = typeof data === "string" || data.length <= LIMITS.writtenBytes;
    const hasRoom =
      isSmall && this.#queue.length === 0 ? this.#tap.write(data) : this.#enqueue(data);
    if (!hasRoom && !this.isBlocked) {
      this.isBlocked = true;
      this.watch();
    }
    if (left !== undefined) this.whenLeft(left);
    return hasRoom;
  }

  /** Our half ends behind what was written. */
  end(): void {
    this.#isEnding = true;
    if (this.#queue.length === 0) this.#socket.end();
  }

  /** The socket's `drain` has come. False: it has been given more. */
  onDrain(): boolean {
    if (!this.#sendQueued()) {
      this.watch();
      return false;
    }
    this.isBlocked = false;
    this.stop();
    if (this.#isEnding) this.#socket.end();
    return true;
  }

  /** From now on the client must take something of what waits, again and again. */
  watch(): void {
    const { deadlines, clientWriteMs } = this.#options;
    this.#left = this.#tap.waitingBytes;
    this.deadlineMs = deadlineAfter(deadlines, clientWriteMs);
    deadlines.add(this);
  }

  stop(): void {
    this.#options.deadlines.remove(this);
  }

  onDeadline(): void {
    const taken = this.#left - this.#tap.waitingBytes;
    if (taken > 0 && taken >= Math.min(this.#left, leastTaken(this.#options))) this.watch();
    else this.#onStuck();
  }

  /** `left` is called when all that was written has left, or never will. */
  whenLeft(left: () => void): void {
    if (!this.isBlocked) return left();
    const over = (): void => {
      this.#socket.off("close", over);
      left();
    };
    this.#socket.on("close", over);
    this.#queue.push(over);
  }

  #enqueue(data: string | Buffer): boolean {
    if (typeof data === "string") this.#queue.push(data);
    else {
      for (let at = 0; at < data.length; at += LIMITS.writtenBytes) {
        this.#queue.push(data.subarray(at, at + LIMITS.writtenBytes));
      }
    }
    return !this.isBlocked && this.#sendQueued();
  }

  /** True: all of it is with the socket, and there is room. */
  #sendQueued(): boolean {
    let hasRoom = true;
    let sent = 0;
    for (const data of this.#queue) {
      if (!hasRoom) break;
      if (typeof data === "function") data();
      else hasRoom = this.#tap.write(data);
      sent++;
    }
    this.#queue.splice(0, sent);
    return hasRoom;
  }
}

// The bytes on their way to a client: whether it takes them, and whether it still does. Bounds
// nothing itself: who writes holds back while `isBlocked`.

import type { Socket } from "node:net";

export class WriteSide {
  /** The socket holds more than it wants to: its `drain` comes when that has left. */
  isBlocked = false;
  readonly #socket: Socket;
  #left = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** False: hold back. Strings are latin1. */
  write(data: string | Buffer): boolean {
    const hasRoom =
      typeof data === "string" ? this.#socket.write(data, "latin1") : this.#socket.write(data);
    if (!hasRoom) {
      this.isBlocked = true;
      this.#left = this.#socket.writableLength;
    }
    return hasRoom;
  }

  /** Whether anything has left since the last write, or since this was asked. */
  hasMoved(): boolean {
    const before = this.#left;
    this.#left = this.#socket.writableLength;
    return this.#left < before;
  }
}

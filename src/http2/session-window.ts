// What may come on a session, all streams together. It is given back as it comes: only streams'
// windows wait for readers, so that one upload which nobody reads does not hold up the others.

import { CODE, wrong } from "./protocol.ts";

export class SessionWindow {
  readonly #bytesMax: number;
  #usedBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Returns what is to be given back now. Throws ConnectionError. */
  take(bytes: number): number {
    this.#usedBytes += bytes;
    if (this.#usedBytes > this.#bytesMax) {
      throw wrong(CODE.flowControlError, "more than the connection's window");
    }
    if (this.#usedBytes < this.#bytesMax / 2) return 0;
    const backBytes = this.#usedBytes;
    this.#usedBytes = 0;
    return backBytes;
  }
}

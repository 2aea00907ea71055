// What requests hold of in-flight limits, until a frame says which request: what no frame says is
// given back, so that an isolate that ends in between holds nothing.

import type { Hold } from "../state/limit-holds.ts";

export class UntoldHolds {
  #holds: Hold[] = [];

  add(hold: Hold): void {
    this.#holds.push(hold);
  }

  /** A frame tells of it: it is its request's to give back. Null: there is no such hold. */
  claim(low: number, high: number): Hold | null {
    const index = this.#holds.findIndex((hold) => hold.low === low && hold.high === high);
    return index === -1 ? null : (this.#holds.splice(index, 1)[0] ?? null);
  }

  /** No frame will tell of the rest. */
  release(): void {
    if (this.#holds.length === 0) return;
    for (const hold of this.#holds.splice(0)) hold.release();
  }
}

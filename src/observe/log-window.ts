// How much log text is under way from a worker to the main thread, or from all workers to a reader
// of the tail: one number in shared memory. A message queue has no bound of its own, and a main
// thread that is stuck, or a reader that does not read, must not fill the memory.

import { LIMITS } from "../base/limits.ts";

/** Made by the main thread; `shared` goes to the worker, which makes its own around it. */
export class LogWindow {
  readonly shared: SharedArrayBuffer;
  readonly #chars: Int32Array;
  readonly #charsMax: number;

  constructor(
    shared: SharedArrayBuffer = new SharedArrayBuffer(4),
    charsMax: number = LIMITS.logWindowChars,
  ) {
    this.shared = shared;
    this.#charsMax = charsMax;
    this.#chars = new Int32Array(shared);
  }

  /** For one more batch: more need not be made now. */
  get hasRoom(): boolean {
    return Atomics.load(this.#chars, 0) + LIMITS.logBatchChars <= this.#charsMax;
  }

  /** The worker, before it posts. False: no room, do not post. */
  take(chars: number): boolean {
    if (Atomics.load(this.#chars, 0) + chars > this.#charsMax) return false;
    Atomics.add(this.#chars, 0, chars);
    return true;
  }

  /** The main thread, when it has what was posted. */
  giveBack(chars: number): void {
    Atomics.sub(this.#chars, 0, chars);
  }
}

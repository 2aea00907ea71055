// How much log text is under way from one worker to the main thread: one number in shared memory. A
// message queue has no bound of its own, and a main thread that is stuck must not fill the memory.

import { LIMITS } from "../base/limits.ts";

/** Made by the main thread; `shared` goes to the worker, which makes its own around it. */
export class LogWindow {
  readonly shared: SharedArrayBuffer;
  readonly #chars: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#chars = new Int32Array(shared);
  }

  /** The worker, before it posts. False: no room, do not post. */
  take(chars: number): boolean {
    if (Atomics.load(this.#chars, 0) + chars > LIMITS.logWindowChars) return false;
    Atomics.add(this.#chars, 0, chars);
    return true;
  }

  /** The main thread, when it has what was posted. */
  giveBack(chars: number): void {
    Atomics.sub(this.#chars, 0, chars);
  }
}

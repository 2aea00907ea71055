// Counts the bytes of large things that one tenant's script made and the other side has not read
// yet: answers, and what its hooks made of bodies. They are whole in memory from the moment the
// script returns them, and a slow reader keeps them there. Without a bound, a tenant's own clients
// or its origin could fill the memory of a worker.

import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

export class Unread {
  #bytes = 0;

  /**
   * Room for something of that size: to be called when it has left, or who was to take it is gone.
   * Null: there is none.
   */
  hold(bytes: number): (() => void) | null {
    // what a socket is given at once waits in it, like the piece of any other answer
    if (bytes <= LIMITS.writtenBytes) return NOTHING;
    // one at least, whatever its size
    if (this.#bytes > 0 && this.#bytes + bytes > LIMITS.unreadAnswerBytes) return null;
    this.#bytes += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.#bytes -= bytes;
      isHeld = false;
    };
  }
}

export const NOTHING = (): void => {};

export const unreadError = (): SluiceError =>
  new SluiceError(
    "overloaded",
    `over ${LIMITS.unreadAnswerBytes} bytes that the script made wait to be taken`,
  );

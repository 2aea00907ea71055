// What the other side has yet to take of the large things that one tenant's script made: answers,
// and what its hooks made of bodies. They are in memory whole, from the moment the script gives
// them, and who reads slowly keeps them there: without a bound, a tenant's own clients, or its
// origin, could fill a worker's memory.

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

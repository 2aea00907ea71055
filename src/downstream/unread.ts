// What clients have yet to take of the large answers that one tenant's script made. They are in
// memory whole, from the moment the script gives them, and a client that reads slowly keeps them
// there: without a bound, a tenant's own clients could fill a worker's memory.

import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

export class Unread {
  #bytes = 0;

  /**
   * Room for an answer of that size: to be called once when it has left, or its client is gone.
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

const NOTHING = (): void => {};

export const unreadError = (): SluiceError =>
  new SluiceError(
    "overloaded",
    `clients have yet to take ${LIMITS.unreadAnswerBytes} bytes of answers that the script made`,
  );

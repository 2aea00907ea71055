// Bounds what may come back from one turn, and until when. An honest cell stays far below. A cell
// that was taken over could otherwise keep a worker busy with empty frames, or keep a tenant
// waiting for ever while it looks alive.

import { PIPE_LIMITS } from "./limits.ts";
import { PipeFault, type PipeMessage } from "./pipe.ts";

export class TurnBudget {
  #sentMs = 0;
  #messages = 0;
  #bytes = 0;
  #noteBytes = 0;

  get sentMs(): number {
    return this.#sentMs;
  }

  /** The turn is sent now. */
  begin(nowMs: number): void {
    this.#sentMs = nowMs;
    this.#messages = 0;
    this.#bytes = 0;
    this.#noteBytes = 0;
  }

  /** Throws PipeFault for the message that is too much. */
  take({ text, bytes, counters, limits }: PipeMessage): void {
    this.#messages++;
    this.#noteBytes += counters.length + limits.length;
    this.#bytes += text.length + bytes.length + counters.length + limits.length;
    const { turnMessages, turnBytes, turnNoteBytes } = PIPE_LIMITS;
    if (this.#messages > turnMessages || this.#bytes > turnBytes) {
      throw new PipeFault(`${this.#messages} messages, ${this.#bytes} bytes for one turn`);
    }
    if (this.#noteBytes > turnNoteBytes) {
      throw new PipeFault(`${this.#noteBytes} bytes of counters and limits for one turn`);
    }
  }

  isOverdue(nowMs: number): boolean {
    return nowMs - this.#sentMs > PIPE_LIMITS.turnMs;
  }
}

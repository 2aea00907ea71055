// Ends an exchange that takes longer than its route allows. A tunnel may take any time.

import { SluiceError } from "../base/errors.ts";
import type { PhaseSequence } from "../phases/sequence.ts";

/** The exchange that is being served. */
export interface TimedExchange {
  readonly isOver: boolean;
  readonly sequence: PhaseSequence;
  endWithError(error: SluiceError): void;
}

export class RequestTime {
  readonly #timer: NodeJS.Timeout;

  constructor(requestMs: number, owner: TimedExchange) {
    this.#timer = setTimeout(() => {
      if (owner.isOver) return;
      owner.sequence.cancel();
      const message = `over ${requestMs} ms for the whole request`;
      owner.endWithError(new SluiceError("upstream_timeout", message));
    }, requestMs).unref();
  }

  over(): void {
    clearTimeout(this.#timer);
  }
}

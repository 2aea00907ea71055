// AbortController of the DOM standard.

import { type AbortSignal, abortSignal, makeSignal } from "./abort-signal.ts";

export class AbortController {
  readonly #signal: AbortSignal = makeSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason: unknown = undefined): void {
    abortSignal(this.#signal, reason);
  }
}

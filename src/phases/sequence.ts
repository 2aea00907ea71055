// The hooks of one exchange, one after the other. Request and response bodies flow at the same
// time, but two hooks of one request never run side by side: an awaiting hook holds up the other
// direction (Pingora's rule), and no write to ctx is ever lost.

import { type Exchange, hasHooks } from "./exchange.ts";
import { NOTHING } from "./outcome.ts";
import type { BodyChunk } from "./phase-call.ts";
import { type PhasesDone, type Running, runPhases } from "./run.ts";

interface Waiting {
  readonly chain: number;
  readonly chunk: BodyChunk | null;
  readonly done: PhasesDone;
}

export class PhaseSequence {
  readonly #exchange: Exchange;
  #running: Running | null = null;
  #isBusy = false;
  #waiting: Waiting[] | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The chain has no hook: `run` would be over at once, and need not be asked. */
  skips(chain: number): boolean {
    return !hasHooks(this.#exchange, chain);
  }

  /** Runs the chain when those before it are over; at once, and free, if it has no hook. */
  run(chain: number, done: PhasesDone, chunk: BodyChunk | null = null): void {
    if (this.skips(chain)) {
      done(NOTHING);
      return;
    }
    if (this.#isBusy) {
      this.#waiting ??= [];
      this.#waiting.push({ chain, chunk, done });
      return;
    }
    this.#isBusy = true;
    this.#running = runPhases(this.#exchange, { chain, chunk }, (outcome) => {
      this.#isBusy = false;
      this.#running = null;
      done(outcome);
      this.#next();
    });
  }

  /** Nothing of what runs or waits is wanted any more: none of it is told. */
  cancel(): void {
    this.#waiting = null;
    this.#isBusy = false;
    this.#running?.cancel();
    this.#running = null;
  }

  #next(): void {
    if (this.#isBusy) return;
    const next = this.#waiting?.shift();
    if (next !== undefined) this.run(next.chain, next.done, next.chunk);
  }
}

// The hooks of one exchange, one after the other. Request and response bodies flow at the same
// time, but two hooks of one request never run side by side, whichever layer's they are: an
// awaiting hook holds up the other direction (Pingora's rule), and no write to ctx is ever lost.

import type { Exchange } from "./exchange.ts";
import { hasHooks, type Layer } from "./layer.ts";
import { NOTHING, type Outcome } from "./outcome.ts";
import type { BodyChunk } from "./phase-call.ts";
import { type PhasesDone, type Running, runPhases } from "./run.ts";
import { runLayers } from "./run-layers.ts";
import { CHAIN } from "./table.ts";

interface Waiting {
  /** Null: all of them. */
  readonly layer: Layer | null;
  readonly chain: number;
  readonly chunk: BodyChunk | null;
  readonly done: PhasesDone;
}

export class PhaseSequence {
  readonly #exchange: Exchange;
  #running: Running | null = null;
  /** Who is told when the chain under way is over; null: none is. */
  #done: PhasesDone | null = null;
  /** What chains tell: one function for all of them, made for the first. */
  #over: PhasesDone | null = null;
  #waiting: Waiting[] | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /**
   * No layer has a hook in the chain: `run` would be over at once. The first chain of an exchange
   * with layers is where it enters them.
   */
  skips(chain: number): boolean {
    const exchange = this.#exchange;
    if (exchange.outer === null) return !exchange.hasHooks(chain);
    return chain !== CHAIN.request && !hasHooks(exchange, chain);
  }

  /** Runs the chain, in every layer, when those before it are over. */
  run(chain: number, done: PhasesDone): void {
    if (this.skips(chain)) done(NOTHING);
    else if (this.#done !== null) this.#wait({ layer: null, chain, chunk: null, done });
    else {
      const over = this.#begin(done);
      const exchange = this.#exchange;
      this.#keep(
        exchange.outer === null
          ? runPhases(exchange, { layer: exchange, chain, chunk: null }, over)
          : runLayers(exchange, chain, over),
      );
    }
  }

  /** Runs the chain in one layer; at once, and free, if it has no hook there. */
  runIn(layer: Layer, chain: number, done: PhasesDone, chunk: BodyChunk | null = null): void {
    if (!layer.hasHooks(chain)) done(NOTHING);
    else if (this.#done !== null) this.#wait({ layer, chain, chunk, done });
    else {
      const over = this.#begin(done);
      this.#keep(runPhases(this.#exchange, { layer, chain, chunk }, over));
    }
  }

  /** Nothing of what runs or waits is wanted any more: none of it is told. */
  cancel(): void {
    this.#waiting = null;
    this.#done = null;
    this.#running?.cancel();
    this.#running = null;
  }

  /** What is over by now may have been followed by another. */
  #keep(running: Running | null): void {
    if (running !== null) this.#running = running;
  }

  #begin(done: PhasesDone): PhasesDone {
    this.#done = done;
    this.#over ??= (outcome) => this.#end(outcome);
    return this.#over;
  }

  #end(outcome: Outcome): void {
    const done = this.#done;
    this.#done = null;
    this.#running = null;
    done?.(outcome);
    this.#next();
  }

  #wait(waiting: Waiting): void {
    this.#waiting ??= [];
    this.#waiting.push(waiting);
  }

  #next(): void {
    if (this.#done !== null) return;
    const next = this.#waiting?.shift();
    if (next === undefined) return;
    const { layer, chain, chunk, done } = next;
    if (layer === null) this.run(chain, done);
    else this.runIn(layer, chain, done, chunk);
  }
}

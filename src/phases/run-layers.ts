// Runs one chain of hooks in every layer of an exchange, one after the other: inwards or outwards,
// as the phase has it. What ends the request in one layer ends it before the next.

import { INWARDS } from "../wire/phases.ts";
import type { Exchange } from "./exchange.ts";
import { type Layer, outwards } from "./layer.ts";
import { NOTHING, type Outcome, outcomeOfBoth } from "./outcome.ts";
import { type PhasesDone, type Running, runPhases } from "./run.ts";
import { CHAIN, OF_ALL } from "./table.ts";

/** `done` may be called at once. Null: nothing is under way any more. */
export function runLayers(exchange: Exchange, chain: number, done: PhasesDone): Running | null {
  const run = new LayersRun(exchange, chain, done);
  run.next();
  return run.isOver ? null : run;
}

class LayersRun implements Running {
  isOver = false;
  readonly #exchange: Exchange;
  readonly #chain: number;
  readonly #done: PhasesDone;
  /** The first of them has its turn next. */
  readonly #layers: Layer[];
  #outcome: Outcome = NOTHING;
  #running: Running | null = null;

  constructor(exchange: Exchange, chain: number, done: PhasesDone) {
    this.#exchange = exchange;
    this.#chain = chain;
    this.#done = done;
    const layers = outwards(exchange);
    this.#layers = (chain & INWARDS) === 0 ? layers : layers.reverse();
  }

  next(): void {
    const layer = this.#layers.shift();
    if (layer === undefined) {
      this.isOver = true;
      this.#done(this.#outcome);
      return;
    }
    if (this.#chain === CHAIN.request) layer.enter();
    const input = { layer, chain: this.#chainOf(layer), chunk: null };
    const running = runPhases(this.#exchange, input, (outcome) => {
      this.#running = null;
      this.#ran(outcome);
    });
    if (running !== null) this.#running = running;
  }

  cancel(): void {
    this.isOver = true;
    this.#running?.cancel();
  }

  #ran(outcome: Outcome): void {
    this.#outcome = outcomeOfBoth(this.#outcome, outcome);
    const { answer, error } = outcome;
    const ends = answer !== null || error !== null;
    if (ends && (this.#chain & OF_ALL) === 0) this.#layers.length = 0;
    this.next();
  }

  /** An outer layer's upstreamPeer comes when an inner one has chosen (downstream/attempts.ts). */
  #chainOf(layer: Layer): number {
    const isOuters = layer !== this.#exchange;
    return this.#chain === CHAIN.request && isOuters ? this.#chain & ~CHAIN.peer : this.#chain;
  }
}

// An engine on which nobody changes anything while a handover is under way. Counters may be saved:
// whoever hands over still counts.

import type { Change, Engine, Steps, Told } from "./steps.ts";
import { StoreError } from "./store.ts";

export class PausableEngine implements Engine {
  readonly #engine: Engine;
  /** Why nothing may be changed now; null: it may. */
  #paused: string | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get isShared(): boolean {
    return this.#engine.watch !== undefined;
  }

  get isPaused(): boolean {
    return this.#paused !== null;
  }

  pause(reason: string): void {
    this.#paused = reason;
  }

  resume(): void {
    this.#paused = null;
  }

  nowMs(): Promise<number> {
    return this.#engine.nowMs();
  }

  read<T>(steps: Steps<T>): Promise<T> {
    return this.#engine.read(steps);
  }

  readLog<T>(steps: Steps<T>): Promise<T> {
    return this.#engine.readLog(steps);
  }

  async write<T>(change: Change<T>): Promise<T> {
    if (this.#paused === null) return await this.#engine.write(change);
    throw new StoreError("paused", `Nothing can be changed now: ${this.#paused}`);
  }

  writeLightly(steps: Steps<void>): Promise<void> {
    return this.#engine.writeLightly(steps);
  }

  watch(told: Told): void {
    this.#engine.watch?.(told);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

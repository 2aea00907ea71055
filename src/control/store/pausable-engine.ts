// An engine on which nobody changes anything while a handover is under way. Counters may be saved:
// whoever hands over still counts.

import type { Change, Engine, Steps, Told } from "./steps.ts";
import { StoreError } from "./store.ts";

export class PausableEngine implements Engine {
  readonly #engine: Engine;
  /** What is being stored. */
  readonly #writes = new Set<Promise<unknown>>();
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

  /** Resolves when what was being stored is over, however it ended. */
  async pause(reason: string): Promise<void> {
    this.#paused = reason;
    await Promise.allSettled(this.#writes);
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
    if (this.#paused !== null) {
      throw new StoreError("paused", `Nothing can be changed now: ${this.#paused}`);
    }
    const writing = this.#engine.write(change);
    this.#writes.add(writing);
    try {
      return await writing;
    } finally {
      this.#writes.delete(writing);
    }
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

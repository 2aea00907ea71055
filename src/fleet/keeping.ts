// What a running proxy keeps, and whose it is: its own, until a handover begins. From then on the
// successor's: two processes that change it at once would each miss what the other did.

import type { SqliteStore } from "../control/store/sqlite-store.ts";
import type { Logger } from "../observe/log.ts";
import type { CounterTable, CounterValue } from "../state/counters.ts";
import { CounterSaver } from "./counter-saver.ts";

export interface KeepingOptions {
  readonly store: SqliteStore | null;
  readonly counters: CounterTable;
  readonly logger: Logger;
}

export class Keeping {
  readonly #store: SqliteStore | null;
  readonly #saver: CounterSaver;
  #isPaused = false;

  constructor(options: KeepingOptions) {
    this.#store = options.store;
    this.#saver = new CounterSaver(options);
  }

  /** Before any worker counts. */
  load(inherited: readonly CounterValue[]): Promise<void> {
    return this.#saver.load(inherited);
  }

  start(): void {
    this.#saver.start();
  }

  async pause(reason: string): Promise<void> {
    this.#isPaused = true;
    this.#store?.pause(reason);
    await this.#saver.stop();
  }

  /** The handover failed. */
  resume(): void {
    this.#isPaused = false;
    this.#store?.resume();
    this.#saver.start();
  }

  /** When nothing counts any more. */
  async finish(): Promise<void> {
    if (this.#isPaused) return;
    await this.#saver.stop();
    await this.#saver.save();
  }
}

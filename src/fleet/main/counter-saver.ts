// Saves counters, which outlive the process: what changed is saved once a second and at the end,
// and loaded at the start, before any worker counts. `kill -9` costs what was counted after the
// last save; what was set by hand is saved at once.

import { LIMITS } from "../../base/limits.ts";
import { Mutex } from "../../base/mutex.ts";
import type { AuditEntry, Store } from "../../control/store/store.ts";
import type { Logger } from "../../observe/log.ts";
import type { CounterTable, CounterValue } from "../../state/counters.ts";

export interface CounterSaverOptions {
  /** Null: nothing is kept. */
  readonly store: Pick<Store, "counters" | "putCounter" | "saveCounters"> | null;
  readonly counters: CounterTable;
  readonly logger: Logger;
}

export class CounterSaver {
  readonly #options: CounterSaverOptions;
  #timer: NodeJS.Timeout | undefined;
  readonly #mutex = new Mutex();
  #isFailing = false;

  constructor(options: CounterSaverOptions) {
    this.#options = options;
  }

  /** @param inherited what a predecessor handed over: newer than what the store has of it */
  async load(inherited: readonly CounterValue[]): Promise<void> {
    const { store, counters } = this.#options;
    const stored = (await store?.counters()) ?? [];
    for (const counter of stored) {
      counters.add(counter);
      counters.markSaved(counter);
    }
    for (const counter of inherited) counters.set(counter);
  }

  start(): void {
    if (this.#options.store === null || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.save(), LIMITS.counterSaveMs).unref();
  }

  /** Nothing is saved any more once it resolves: another process does that, or the end is near. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#mutex.idle();
  }

  /** False: what could not be saved is tried again the next time. Never rejects. */
  save(): Promise<boolean> {
    return this.#mutex.run(() => this.#save());
  }

  /**
   * What is set by hand: durable first, and then counted from. Rejects with a StoreError; then
   * nothing has changed.
   */
  put(counter: CounterValue, audit: AuditEntry, count: () => Promise<void>): Promise<void> {
    return this.#mutex.run(async () => {
      const { store, counters } = this.#options;
      await store?.putCounter(counter, audit);
      counters.markSaved(counter);
      await count();
    });
  }

  async #save(): Promise<boolean> {
    const { store, counters, logger } = this.#options;
    if (store === null) return true;
    const changed = counters.unsaved();
    if (changed.length === 0) return true;
    try {
      await store.saveCounters(changed);
      for (const counter of changed) counters.markSaved(counter);
      if (this.#isFailing) logger.info("counters are saved again");
      this.#isFailing = false;
      return true;
    } catch (thrown) {
      // said once: the disk may be full for hours
      if (!this.#isFailing) logger.error({ err: thrown }, "counters are not saved");
      this.#isFailing = true;
      return false;
    }
  }
}

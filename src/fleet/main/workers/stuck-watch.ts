// Looks whether the workers' hearts beat. Nothing but the end of the process ends a native loop in
// an isolate, so a worker that stands still for too long is reported, once.

import { START_BUDGETS } from "../../../sandbox/start.ts";
import type { Generation } from "../../shared/messages.ts";
import type { WorkerThread } from "./worker-thread.ts";

/**
 * How long a worker may be silent before it counts as stuck: this and four times the longest
 * hookMs, since on a busy machine the watchdog waits that long; and how often that is looked at.
 */
const STUCK_MS = 5_000;
const STUCK_BUDGETS = 4;
/** The same while it starts a script, for as long as two starts may take. */
const STUCK_START_BUDGETS = 2 * START_BUDGETS;
const LOOK_MS = 500;

export interface Watched {
  readonly threads: Iterable<WorkerThread>;
  readonly generation: Generation;
}

/** This worker, running this tenant's code (-1: its own), does not move any more. */
export type OnStuck = (worker: number, tenantIndex: number) => void;

export class StuckWatch {
  readonly #watched: () => Watched;
  readonly #onStuck: OnStuck;
  readonly #timer: NodeJS.Timeout;

  constructor(watched: () => Watched, onStuck: OnStuck) {
    this.#watched = watched;
    this.#onStuck = onStuck;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { threads, generation } = this.#watched();
    const { tenants } = generation.config;
    const hookMs = tenants.reduce((most, { limits }) => Math.max(most, limits.hookMs), 0);
    for (const thread of threads) {
      const startingMs = STUCK_START_BUDGETS * thread.startMs();
      if (thread.silentMs() < STUCK_MS + Math.max(STUCK_BUDGETS * hookMs, startingMs)) continue;
      this.stop();
      this.#onStuck(thread.index, thread.tenantIndex());
      return;
    }
  }
}

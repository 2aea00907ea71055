// Cells without a tenant. One is kept ready, because a process takes longer to start than a
// request wants to wait. If a spare cell ends at once, it is started again, after a longer pause
// each time.

import { setTimeout } from "node:timers/promises";
import { LIMITS } from "../../base/limits.ts";
import type { CellProcess } from "./cell-process.ts";

export interface SpareOptions {
  /** Starts one. */
  readonly start: () => Promise<CellProcess>;
  readonly onFailure: (error: Error) => void;
}

export class SpareCell {
  readonly #options: SpareOptions;
  #next: Promise<CellProcess | null> | null = null;
  #failures = 0;
  #isClosed = false;

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  /** One that is ready; the next is on its way. Null: no more are wanted. */
  async take(): Promise<CellProcess | null> {
    for (;;) {
      const taken = this.#next ?? this.#start();
      this.#next = null;
      const cell = await taken;
      if (!this.#isClosed) this.warm();
      // it may have died while it waited
      if (cell === null || !cell.isGone) return cell;
    }
  }

  /** Sees that there is one. */
  warm(): void {
    if (!this.#isClosed) this.#next ??= this.#start();
  }

  /** The spare cell, if one is ready or on its way, is of no use any more. */
  renew(): void {
    const old = this.#next;
    this.#next = null;
    void old?.then((cell) => cell?.kill());
    if (old !== null) this.warm();
  }

  close(): void {
    this.#isClosed = true;
    void this.#next?.then((cell) => cell?.kill());
    this.#next = null;
  }

  /** Until one is ready. */
  async #start(): Promise<CellProcess | null> {
    while (!this.#isClosed) {
      try {
        const cell = await this.#options.start();
        this.#failures = 0;
        return cell;
      } catch (thrown) {
        if (this.#isClosed) return null;
        this.#options.onFailure(thrown instanceof Error ? thrown : new Error(String(thrown)));
        const waitMs = LIMITS.cellBackOffMs * 2 ** this.#failures++;
        await setTimeout(Math.min(waitMs, LIMITS.cellBackOffMaxMs), null, { ref: false });
      }
    }
    return null;
  }
}

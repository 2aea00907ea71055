// What one isolate holds of the state that its tenant shares, and gives back when it is gone.

import { HeldLimits } from "./held-limits.ts";
import { HeldSlots } from "./held-slots.ts";
import type { IsolateOptions } from "./isolate-options.ts";

export class Holdings {
  readonly #slots: HeldSlots;
  readonly #limits: HeldLimits;

  constructor(options: IsolateOptions) {
    this.#slots = new HeldSlots(options);
    this.#limits = new HeldLimits(options.rateLimits ?? null);
  }

  /** Functions for the isolate: they take anything, and return primitives. */
  get given() {
    return { slotOf: this.#slots.of, limitOf: this.#limits.of };
  }

  /** Nothing runs in the isolate any more. */
  release(): void {
    this.#slots.release();
    this.#limits.release();
  }
}

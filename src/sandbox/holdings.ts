// What one isolate holds of the state that its tenant shares, and gives back when it is gone.

import { HeldLimits } from "./held-limits.ts";
import { HeldSlots } from "./held-slots.ts";
import type { IsolateOptions } from "./isolate-options.ts";
import type { UntoldHolds } from "./untold-holds.ts";

export class Holdings {
  readonly #slots: HeldSlots;
  readonly #limits: HeldLimits;

  constructor(options: IsolateOptions) {
    this.#slots = new HeldSlots(options);
    this.#limits = new HeldLimits(options.rateLimits ?? null);
  }

  /** Functions for the isolate: they take anything, and return primitives. */
  get given() {
    const { of: limitOf, enter } = this.#limits;
    return { slotOf: this.#slots.of, limitOf, enter };
  }

  get untold(): UntoldHolds {
    return this.#limits.untold;
  }

  /** Nothing runs in the isolate any more. */
  release(): void {
    this.#slots.release();
    this.#limits.release();
  }
}

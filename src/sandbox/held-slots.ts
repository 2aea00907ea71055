// The slots of counters that one isolate knows by their numbers. No other counter may get such a
// slot until the isolate is gone.

import { KEPT_NAME } from "../wire/scopes.ts";

export interface SlotSource {
  /** Held from now on; negative: there is none. */
  readonly slotOf: (name: string) => number;
  /** Left out: slots are nobody else's in any case. */
  readonly releaseSlots?: (slots: Iterable<number>) => void;
}

export class HeldSlots {
  readonly #source: SlotSource;
  readonly #slots = new Map<string, number>();
  #isOver = false;

  constructor(source: SlotSource) {
    this.#source = source;
  }

  /** @param name  as the script's runtime gives it: anything */
  readonly of = (name: unknown): number => {
    if (typeof name !== "string" || !KEPT_NAME.test(name) || this.#isOver) return -1;
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#source.slotOf(name);
    if (slot >= 0) this.#slots.set(name, slot);
    return slot;
  };

  /** Nothing runs in the isolate any more. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.releaseSlots?.(this.#slots.values());
  }
}

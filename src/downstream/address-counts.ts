// How many connections each address has open, in this worker. A seat is one of them, and is given
// back once.

import { networkOf } from "./tls/address-rate.ts";

export class AddressCounts {
  readonly #counts = new Map<string, number>();

  /** Null: it has as many as it may have. */
  enter(address: string, max: number): AddressSeat | null {
    const key = networkOf(address);
    const count = this.#counts.get(key) ?? 0;
    if (count >= max) return null;
    this.#counts.set(key, count + 1);
    return new AddressSeat(() => this.#leave(key));
  }

  /** Addresses that have any. */
  get size(): number {
    return this.#counts.size;
  }

  #leave(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}

export class AddressSeat {
  #leave: (() => void) | null;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  /** Idempotent. */
  giveBack(): void {
    this.#leave?.();
    this.#leave = null;
  }
}

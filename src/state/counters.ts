// Counters that outlive requests, deployments and isolates: one 64-bit word each, in memory that
// every thread shares. A name leads to its word (counter-slots.ts).

import type { CounterBuffers } from "./counter-memory.ts";
import { type CounterName, CounterSlots } from "./counter-slots.ts";

/** Counters of one tenant at most, whatever its limits: all share one table. */
export const COUNTERS_MAX = 4_096;

export interface CounterValue extends CounterName {
  readonly value: bigint;
}

/** What came on top of `before` since: only counters that differ. */
export function counterDeltas(
  before: readonly CounterValue[],
  now: readonly CounterValue[],
): CounterValue[] {
  const nameOf = ({ tenant, name }: CounterValue): string => `${tenant}\0${name}`;
  const known = new Map(before.map((counter) => [nameOf(counter), counter.value]));
  const deltas = now.map((counter) => {
    return { ...counter, value: counter.value - (known.get(nameOf(counter)) ?? 0n) };
  });
  return deltas.filter(({ value }) => value !== 0n);
}

export class CounterTable {
  readonly #slots: CounterSlots;

  constructor(buffers: CounterBuffers) {
    this.#slots = new CounterSlots(buffers);
  }

  /**
   * For an isolate, which knows it by the number from now on: slot of the tenant's counter, made if
   * it is new; -1 if the table is full or the name too long; `OVER_LIMIT` if the tenant has `most`
   * of them already.
   */
  hold(counter: CounterName, most: number): number {
    return this.#slots.locked(() => {
      const slot = this.#slots.slotOf(counter, most);
      if (slot >= 0) Atomics.add(this.#slots.holders, slot, 1);
      return slot;
    });
  }

  /** The isolate is gone. */
  release(slots: Iterable<number>): void {
    this.#slots.locked(() => {
      for (const slot of slots) Atomics.sub(this.#slots.holders, slot, 1);
    });
  }

  /** Every counter, in the order of their slots. */
  list(): CounterValue[] {
    return this.#listed(() => true);
  }

  /** Adds to a counter, which is made if it is new. Nothing happens if there is no room. */
  add(counter: CounterValue): void {
    this.#withSlot(counter, (slot) => Atomics.add(this.#slots.counts, slot, counter.value));
  }

  /** Makes it, from 0, if it is new. False: there is no room for it. */
  make(counter: CounterName): boolean {
    return this.#withSlot(counter, () => {});
  }

  has(counter: CounterName): boolean {
    return this.#slots.locked(() => this.#slots.find(counter) >= 0);
  }

  /** False: there is no room for it. */
  set(counter: CounterValue): boolean {
    return this.#withSlot(counter, (slot) =>
      Atomics.store(this.#slots.counts, slot, counter.value),
    );
  }

  /** Drops the tenant's counters. Who still counts for it counts for nobody. */
  forget(tenant: string): void {
    this.#slots.locked(() => {
      for (let slot = 0; slot < this.#slots.used; slot++) {
        if (this.#slots.nameOf(slot)?.tenant === tenant) this.#slots.unname(slot);
      }
    });
  }

  /** Drops the name, if nothing can tell the difference. */
  drop(counter: CounterName): void {
    this.#slots.locked(() => {
      const slot = this.#slots.find(counter);
      if (slot >= 0 && this.#slots.isIdle(slot)) this.#slots.unname(slot);
    });
  }

  /** Only counters whose value the store does not have. */
  unsaved(): CounterValue[] {
    return this.#listed((slot, value) => value !== this.#slots.saved[slot]);
  }

  /** What the store has of those whose names begin with this character. */
  saved(mark: number): CounterValue[] {
    return this.#slots.locked(() => {
      const values: CounterValue[] = [];
      for (let slot = 0; slot < this.#slots.used; slot++) {
        const isIt = this.#slots.isNamed(slot) && this.#slots.markOf(slot) === mark;
        const counter = isIt ? this.#slots.nameOf(slot) : null;
        const value = this.#slots.saved[slot] ?? 0n;
        if (counter !== null) values.push({ ...counter, value });
      }
      return values;
    });
  }

  /** 0: there is none, or it counts nothing. */
  valueOf(counter: CounterName): bigint {
    return this.#slots.locked(() => {
      const slot = this.#slots.find(counter);
      return slot < 0 ? 0n : Atomics.load(this.#slots.counts, slot);
    });
  }

  markSaved({ tenant, name, value }: CounterValue): void {
    this.#slots.locked(() => {
      const slot = this.#slots.find({ tenant, name });
      if (slot >= 0) this.#slots.saved[slot] = value;
    });
  }

  #listed(fits: (slot: number, value: bigint) => boolean): CounterValue[] {
    return this.#slots.locked(() => {
      const values: CounterValue[] = [];
      for (let slot = 0; slot < this.#slots.used; slot++) {
        const value = Atomics.load(this.#slots.counts, slot);
        const counter = fits(slot, value) ? this.#slots.nameOf(slot) : null;
        if (counter !== null) values.push({ ...counter, value });
      }
      return values;
    });
  }

  #withSlot(counter: CounterName, use: (slot: number) => void): boolean {
    return this.#slots.locked(() => {
      const slot = this.#slots.slotOf(counter, Infinity);
      if (slot >= 0) use(slot);
      return slot >= 0;
    });
  }
}

// Counters of tenants whose isolates live in a cell. The cell counts; its frames say what came on
// top, and any worker may bring them here, once each. So whatever else counts for the tenant (an
// inline deployment that drains, a predecessor after a handover) is not lost.

import type { CounterBuffers } from "./counter-memory.ts";
import { CounterSlots } from "./counter-slots.ts";
import { COUNTERS_MAX, type CounterValue } from "./counters.ts";

export interface CellCount {
  readonly name: string;
  /** What came on top. */
  readonly by: bigint;
}

/** A slot as it was found, and whose it was. */
interface Known {
  readonly slot: number;
  readonly life: number;
}

export class CellCounts {
  readonly #slots: CounterSlots;
  /** By tenant and name: a look into the table costs a microsecond. */
  readonly #known = new Map<string, Map<string, Known>>();

  constructor(buffers: CounterBuffers) {
    this.#slots = new CounterSlots(buffers);
  }

  /**
   * Any thread, for counts of the cell that has the tenant now. A cell that was taken over could
   * name as many counters as there are for everybody: the tenant's own limit holds here too.
   * False: there is no room for it.
   */
  apply(tenant: string, { name, by }: CellCount, countersMax: number): boolean {
    const { counts } = this.#slots;
    return this.#slots.locked(() => {
      const slot = this.#slotOf(tenant, name, countersMax);
      if (slot >= 0) Atomics.add(counts, slot, by);
      return slot >= 0;
    });
  }

  /**
   * The tenant gets a new cell, which starts from these values. Only when nothing of the cell
   * before can come any more.
   */
  begin(tenant: string): CounterValue[] {
    const { counts } = this.#slots;
    return this.#slots.locked(() => {
      const values: CounterValue[] = [];
      for (let slot = 0; slot < this.#slots.used; slot++) {
        const counter = this.#slots.nameOf(slot);
        if (counter?.tenant !== tenant) continue;
        values.push({ ...counter, value: Atomics.load(counts, slot) });
      }
      return values;
    });
  }

  /**
   * Sets a counter whose tenant a cell has. Returns what that cell is to add to its own; null:
   * there is no room. What the cell counts meanwhile comes on top.
   */
  shift({ tenant, name, value }: CounterValue): bigint | null {
    const { counts } = this.#slots;
    return this.#slots.locked(() => {
      const slot = this.#slotOf(tenant, name, COUNTERS_MAX);
      if (slot < 0) return null;
      const delta = value - Atomics.load(counts, slot);
      Atomics.add(counts, slot, delta);
      return delta;
    });
  }

  /** Sets a counter whose tenant no cell has. False: there is no room. */
  set({ tenant, name, value }: CounterValue): boolean {
    const { counts } = this.#slots;
    return this.#slots.locked(() => {
      const slot = this.#slotOf(tenant, name, COUNTERS_MAX);
      if (slot < 0) return false;
      Atomics.store(counts, slot, value);
      return true;
    });
  }

  /** The tenant is no more. */
  forget(tenant: string): void {
    this.#known.delete(tenant);
  }

  #slotOf(tenant: string, name: string, countersMax: number): number {
    let known = this.#known.get(tenant);
    if (known === undefined) {
      known = new Map();
      this.#known.set(tenant, known);
    }
    const before = known.get(name);
    // a slot that lost its name may have another's by now
    if (before !== undefined && this.#slots.lives[before.slot] === before.life) {
      if (this.#slots.isNamed(before.slot)) return before.slot;
    }
    const slot = this.#slots.slotOf({ tenant, name }, countersMax);
    if (slot >= 0) known.set(name, { slot, life: this.#slots.lives[slot] ?? 0 });
    else known.delete(name);
    return slot;
  }
}

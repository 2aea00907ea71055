// Counters of tenants whose isolates live in a cell. The cell counts; its frames carry absolute
// values with a sequence number, and any worker may bring them here. What a value is above the last
// one is added, so that whatever else counts for the tenant (an inline deployment that drains, a
// predecessor after a handover) is not lost.
//
// Of each slot: the highest sequence number so far, and the value that came with it.

import { COUNTERS_MAX, type CounterBuffers, CounterTable, type CounterValue } from "./counters.ts";

export interface CellCount {
  readonly name: string;
  readonly value: bigint;
  /** From 1, in one cell. */
  readonly sequence: number;
}

export class CellCounts {
  readonly #table: CounterTable;
  readonly #counts: BigInt64Array;
  /** Two words a slot: sequence, value. */
  readonly #seen: BigInt64Array;
  /** Slots by tenant and name: a lookup in the table costs a microsecond. */
  readonly #slots = new Map<string, Map<string, number>>();

  constructor(buffers: CounterBuffers) {
    this.#table = new CounterTable(buffers);
    this.#counts = new BigInt64Array(buffers.counts);
    this.#seen = new BigInt64Array(buffers.cells);
  }

  /**
   * Any thread, for counts of the cell that has the tenant now. A cell that was taken over could
   * name as many counters as there are for everybody: the tenant's own limit holds here too.
   */
  apply(tenant: string, { name, value, sequence }: CellCount, countersMax: number): void {
    const slot = this.#slotOf(tenant, name, countersMax);
    if (slot < 0) return;
    this.#table.locked(() => {
      const at = 2 * slot;
      if (BigInt(sequence) <= (this.#seen[at] ?? 0n)) return;
      Atomics.add(this.#counts, slot, value - (this.#seen[at + 1] ?? 0n));
      this.#seen[at] = BigInt(sequence);
      this.#seen[at + 1] = value;
    });
  }

  /**
   * The tenant gets a new cell, which starts from these values and from sequence 1. Only when
   * nothing of the cell before can come any more.
   */
  begin(tenant: string): CounterValue[] {
    const values = this.#table.list().filter((counter) => counter.tenant === tenant);
    for (const counter of values) {
      const slot = this.#slotOf(tenant, counter.name);
      if (slot < 0) continue;
      this.#table.locked(() => {
        this.#seen[2 * slot] = 0n;
        this.#seen[2 * slot + 1] = counter.value;
      });
    }
    return values;
  }

  /**
   * Sets a counter whose tenant a cell has. Returns what that cell is to add to its own; null:
   * there is no room. What the cell counts meanwhile comes on top.
   */
  shift({ tenant, name, value }: CounterValue): bigint | null {
    const slot = this.#slotOf(tenant, name);
    if (slot < 0) return null;
    let delta = 0n;
    this.#table.locked(() => {
      delta = value - Atomics.load(this.#counts, slot);
      Atomics.add(this.#counts, slot, delta);
      this.#seen[2 * slot + 1] = (this.#seen[2 * slot + 1] ?? 0n) + delta;
    });
    return delta;
  }

  #slotOf(tenant: string, name: string, countersMax = COUNTERS_MAX): number {
    let slots = this.#slots.get(tenant);
    if (slots === undefined) {
      slots = new Map();
      this.#slots.set(tenant, slots);
    }
    const known = slots.get(name);
    // a tenant that was deleted has lost its slots
    if (known !== undefined && this.#table.isTaken(known)) return known;
    const slot = this.#table.slotOf(tenant, name, countersMax);
    if (slot >= 0) slots.set(name, slot);
    return slot;
  }
}

// The counters of one tenant in its cell: memory that all its isolates there share, and what of it
// the host has not been told yet.

import { COUNTERS_MAX, OVER_LIMIT } from "../../state/counters.ts";
import type { CounterStart } from "./control.ts";
import { type CounterNote, encodeNotes } from "./counter-notes.ts";
import { NO_BYTES } from "./pipe.ts";

export class CellCounters {
  readonly buffer = new SharedArrayBuffer(COUNTERS_MAX * 8);
  readonly #counts = new BigInt64Array(this.buffer);
  /** The same in halves, to be compared without making a bigint: this thread alone counts. */
  readonly #halves = new Int32Array(this.buffer);
  /** As the host knows them. */
  readonly #told = new Int32Array(2 * COUNTERS_MAX);
  readonly #toldCounts = new BigInt64Array(this.#told.buffer);
  readonly #slots = new Map<string, number>();
  readonly #names: string[] = [];
  /** Slots from here on have never been told. */
  #toldSlots = 0;
  #sequence = 0;

  constructor(start: readonly CounterStart[]) {
    for (const { name, value } of start) {
      const slot = this.slotOf(name);
      if (slot < 0) continue;
      this.#counts[slot] = BigInt(value);
      this.#tell(slot);
    }
    this.#toldSlots = this.#names.length;
  }

  /** `OVER_LIMIT`: there may be no other. */
  slotOf(name: string, most = COUNTERS_MAX): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= Math.min(most, COUNTERS_MAX)) return OVER_LIMIT;
    const slot = this.#names.push(name) - 1;
    this.#slots.set(name, slot);
    return slot;
  }

  /** The host says so, and has counted it. */
  add(name: string, delta: bigint): void {
    const slot = this.slotOf(name);
    if (slot < 0) return;
    Atomics.add(this.#counts, slot, delta);
    Atomics.add(this.#toldCounts, slot, delta);
  }

  /**
   * What the host has not been told never was: an isolate died in the crossing that counted it, and
   * its calls may run again.
   */
  takeBack(): void {
    this.#halves.set(this.#told.subarray(0, 2 * this.#names.length));
  }

  /** What changed since the last call, for the host. */
  takeNotes(): Buffer {
    let notes: CounterNote[] | null = null;
    for (let slot = 0; slot < this.#names.length; slot++) {
      if (slot < this.#toldSlots && this.#isTold(slot)) continue;
      this.#tell(slot);
      const value = Atomics.load(this.#counts, slot);
      notes ??= [];
      notes.push({ name: this.#names[slot] ?? "", value, sequence: ++this.#sequence });
    }
    this.#toldSlots = this.#names.length;
    return notes === null ? NO_BYTES : encodeNotes(notes);
  }

  #isTold(slot: number): boolean {
    const low = 2 * slot;
    const high = low + 1;
    return this.#halves[low] === this.#told[low] && this.#halves[high] === this.#told[high];
  }

  #tell(slot: number): void {
    this.#told[2 * slot] = this.#halves[2 * slot] ?? 0;
    this.#told[2 * slot + 1] = this.#halves[2 * slot + 1] ?? 0;
  }
}

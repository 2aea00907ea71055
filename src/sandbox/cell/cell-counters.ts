// The counters of one tenant in its cell: memory that all its isolates there share, and what of it
// the host has not been told yet.

import { OVER_LIMIT } from "../../state/counter-slots.ts";
import { COUNTERS_MAX } from "../../state/counters.ts";
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
  /** 1: the host has not been told of that name. */
  readonly #isNew = new Uint8Array(COUNTERS_MAX);
  /** Isolates that know the slot by its number. */
  readonly #holders = new Uint32Array(COUNTERS_MAX);

  constructor(start: readonly CounterStart[]) {
    for (const { name, value } of start) {
      const slot = this.#slotOf(name, COUNTERS_MAX);
      if (slot < 0) continue;
      this.#counts[slot] = BigInt(value);
      this.#tell(slot);
    }
  }

  /** For an isolate, until it releases it. `OVER_LIMIT`: there may be no other. */
  hold(name: string, most: number): number {
    const slot = this.#slotOf(name, most);
    if (slot >= 0) this.#holders[slot] = (this.#holders[slot] ?? 0) + 1;
    return slot;
  }

  /** The isolate is gone. */
  release(slots: Iterable<number>): void {
    for (const slot of slots) this.#holders[slot] = (this.#holders[slot] ?? 1) - 1;
  }

  #slotOf(name: string, most: number): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const isFull = this.#names.length >= Math.min(most, COUNTERS_MAX);
    const slot = isFull ? this.#idleSlot() : this.#names.length;
    if (slot < 0) return OVER_LIMIT;
    this.#slots.delete(this.#names[slot] ?? "");
    this.#names[slot] = name;
    this.#slots.set(name, slot);
    this.#isNew[slot] = 1;
    return slot;
  }

  /** One that is as good as none: it counts nothing, and the host knows; no isolate holds it. */
  #idleSlot(): number {
    return this.#names.findIndex(
      (_, slot) =>
        this.#holders[slot] === 0 && this.#counts[slot] === 0n && this.#toldCounts[slot] === 0n,
    );
  }

  /** The host says so, and has counted it. */
  add(name: string, delta: bigint): void {
    const slot = this.#slotOf(name, COUNTERS_MAX);
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

  /** What was counted since the last call, for the host. */
  takeNotes(): Buffer {
    let notes: CounterNote[] | null = null;
    for (let slot = 0; slot < this.#names.length; slot++) {
      if (this.#isNew[slot] === 0 && this.#isTold(slot)) continue;
      const by = (this.#counts[slot] ?? 0n) - (this.#toldCounts[slot] ?? 0n);
      this.#tell(slot);
      notes ??= [];
      notes.push({ name: this.#names[slot] ?? "", by });
    }
    return notes === null ? NO_BYTES : encodeNotes(notes);
  }

  #isTold(slot: number): boolean {
    const low = 2 * slot;
    const high = low + 1;
    return this.#halves[low] === this.#told[low] && this.#halves[high] === this.#told[high];
  }

  #tell(slot: number): void {
    this.#isNew[slot] = 0;
    this.#told[2 * slot] = this.#halves[2 * slot] ?? 0;
    this.#told[2 * slot + 1] = this.#halves[2 * slot + 1] ?? 0;
  }
}

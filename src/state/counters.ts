// Counters that outlive requests, deployments and isolates: one 64-bit word each, in memory that
// every thread shares. A table of names finds the word of a tenant's counter; slots are never
// given back.
//
//   table: [lock, used] [index: hash -> slot + 1] [names: NAME_BYTES each, length first]
//   counts: one 64-bit word a slot

/** Slots: with names of 196 bytes, 3.2 MB for the table and 128 KiB for the counts. */
const SLOTS = 16_384;
/** Twice the slots, so that a probe stays short. */
const INDEX_SIZE = 32_768;
/** Length byte, tenant (63), separator, name (128), rounded up. */
const NAME_BYTES = 196;

const LOCK = 0;
const USED = 1;
const INDEX_AT = 2;
const NAMES_AT = (INDEX_AT + INDEX_SIZE) * 4;

/** Counters of one tenant at most, whatever its limits: all share one table. */
export const COUNTERS_MAX = 4_096;

/** In place of a slot: the tenant may have no more counters. */
export const OVER_LIMIT = -2;

/** Shared by posting it to other threads. */
export interface CounterBuffers {
  readonly table: SharedArrayBuffer;
  readonly counts: SharedArrayBuffer;
  /** Two 64-bit words a slot, for counters that are counted in a cell: cell-counts.ts. */
  readonly cells: SharedArrayBuffer;
}

export interface CounterValue {
  readonly tenant: string;
  readonly name: string;
  readonly value: bigint;
}

export function createCounterBuffers(): CounterBuffers {
  return {
    table: new SharedArrayBuffer(NAMES_AT + SLOTS * NAME_BYTES),
    counts: new SharedArrayBuffer(SLOTS * 8),
    cells: new SharedArrayBuffer(SLOTS * 16),
  };
}

/** What some keeper has of each slot: nothing yet. */
export const createSavedCounts = (): BigInt64Array => new BigInt64Array(SLOTS);

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
  readonly #words: Int32Array;
  readonly #names: Buffer;
  readonly #counts: BigInt64Array;

  constructor(buffers: CounterBuffers) {
    this.#words = new Int32Array(buffers.table, 0, INDEX_AT + INDEX_SIZE);
    this.#names = Buffer.from(new Uint8Array(buffers.table, NAMES_AT).buffer, NAMES_AT);
    this.#counts = new BigInt64Array(buffers.counts);
  }

  /**
   * Slot of the tenant's counter, made if it is new; -1 if the table is full or the name too
   * long; `OVER_LIMIT` if the tenant has `most` of them already.
   */
  slotOf(tenant: string, name: string, most = SLOTS): number {
    const key = Buffer.from(`${tenant}\0${name}`, "latin1");
    if (key.length >= NAME_BYTES) return -1;
    const found = this.#find(key);
    return found >= 0 ? found : this.locked(() => this.#insert(key, most));
  }

  /** Every counter that has a slot, in the order they were made. */
  list(): CounterValue[] {
    const used = Atomics.load(this.#words, USED);
    const values: CounterValue[] = [];
    for (let slot = 0; slot < used; slot++) {
      if (!this.isTaken(slot)) continue;
      values.push({ ...this.#nameOf(slot), value: Atomics.load(this.#counts, slot) });
    }
    return values;
  }

  /** Adds to a counter, which is made if it is new. Nothing happens if there is no room. */
  add({ tenant, name, value }: CounterValue): void {
    const slot = this.slotOf(tenant, name);
    if (slot >= 0) Atomics.add(this.#counts, slot, value);
  }

  /** False: there is no room for it. */
  set({ tenant, name, value }: CounterValue): boolean {
    const slot = this.slotOf(tenant, name);
    if (slot >= 0) Atomics.store(this.#counts, slot, value);
    return slot >= 0;
  }

  /**
   * Drops the tenant's counters. Who still counts for it counts for nobody; one of that name that
   * comes later gets slots of its own.
   */
  forget(tenant: string): void {
    const used = Atomics.load(this.#words, USED);
    for (let slot = 0; slot < used; slot++) {
      if (this.#nameOf(slot).tenant === tenant) this.#names[slot * NAME_BYTES] = 0;
    }
  }

  /** Only counters whose value the keeper does not have. */
  changedSince(saved: BigInt64Array): CounterValue[] {
    const used = Atomics.load(this.#words, USED);
    const changed: CounterValue[] = [];
    for (let slot = 0; slot < used; slot++) {
      const value = Atomics.load(this.#counts, slot);
      if (value !== saved[slot] && this.isTaken(slot))
        changed.push({ ...this.#nameOf(slot), value });
    }
    return changed;
  }

  markSaved(saved: BigInt64Array, { tenant, name, value }: CounterValue): void {
    const slot = this.slotOf(tenant, name);
    if (slot >= 0) saved[slot] = value;
  }

  isTaken(slot: number): boolean {
    return this.#names[slot * NAME_BYTES] !== 0;
  }

  #nameOf(slot: number): Pick<CounterValue, "tenant" | "name"> {
    const key = this.#keyOf(slot).toString("latin1");
    const split = key.indexOf("\0");
    return { tenant: key.slice(0, split), name: key.slice(split + 1) };
  }

  #find(key: Buffer): number {
    for (let at = hash(key); ; at = (at + 1) % INDEX_SIZE) {
      const slot = Atomics.load(this.#words, INDEX_AT + at) - 1;
      if (slot < 0) return -1;
      if (this.#keyOf(slot).equals(key)) return slot;
    }
  }

  /** Counters of the tenant that this key begins with. */
  #countOf(key: Buffer): number {
    const tenant = key.subarray(0, key.indexOf(0) + 1);
    const used = Atomics.load(this.#words, USED);
    let count = 0;
    for (let slot = 0; slot < used; slot++) {
      if (this.#keyOf(slot).subarray(0, tenant.length).equals(tenant)) count++;
    }
    return count;
  }

  #keyOf(slot: number): Buffer {
    const from = slot * NAME_BYTES;
    return this.#names.subarray(from + 1, from + 1 + (this.#names[from] ?? 0));
  }

  /** Under the lock; looks again, because another thread may have been first. */
  #insert(key: Buffer, most: number): number {
    const found = this.#find(key);
    if (found >= 0) return found;
    if (most < SLOTS && this.#countOf(key) >= most) return OVER_LIMIT;
    const slot = Atomics.load(this.#words, USED);
    if (slot >= SLOTS) return -1;
    this.#names[slot * NAME_BYTES] = key.length;
    key.copy(this.#names, slot * NAME_BYTES + 1);
    let at = hash(key);
    while (Atomics.load(this.#words, INDEX_AT + at) !== 0) at = (at + 1) % INDEX_SIZE;
    // the name is written before the index shows it: readers take no lock
    Atomics.store(this.#words, INDEX_AT + at, slot + 1);
    Atomics.store(this.#words, USED, slot + 1);
    return slot;
  }

  /** One thread at a time. */
  locked<T>(work: () => T): T {
    const words = this.#words;
    while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0) Atomics.wait(words, LOCK, 1, 1);
    try {
      return work();
    } finally {
      Atomics.store(words, LOCK, 0);
      Atomics.notify(words, LOCK, 1);
    }
  }
}

/** FNV-1a. */
function hash(key: Buffer): number {
  let h = 0x811c9dc5;
  for (const byte of key) h = Math.imul(h ^ byte, 0x01000193);
  return (h >>> 0) % INDEX_SIZE;
}

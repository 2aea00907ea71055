// The calls in flight of one lane, by id. Slots of an array and not a Map: a Map that is filled
// and emptied for ever moves to a new table every few hundred entries, and each old table goes on
// pointing
// at the new one. Once one of them is old for the collector, everything that was in flight at each
// move lives until the next major collection: scavenges of 18 to 30 ms in place of 2.
//
//     id = generation << 16 | slot        the generation changes with each call that the slot holds

const SLOT_BITS = 16;
const SLOTS_MAX = 1 << SLOT_BITS;
const GENERATION_MAX = 0x7fff;

export class CallTable<T extends { id: number }> {
  readonly #calls: (T | null)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];

  /** Gives the call its id, which is above 0 and fits 31 bits. False: there is no room. */
  add(call: T): boolean {
    const slot = this.#free.pop() ?? this.#calls.length;
    if (slot >= SLOTS_MAX) return false;
    const generation = ((this.#generations[slot] ?? 0) % GENERATION_MAX) + 1;
    this.#generations[slot] = generation;
    this.#calls[slot] = call;
    call.id = (generation << SLOT_BITS) | slot;
    return true;
  }

  /** Null: that call is over. Undefined: no call had such an id. */
  get(id: number): T | null | undefined {
    const slot = id & (SLOTS_MAX - 1);
    const call = this.#calls[slot];
    if (call === undefined || id < SLOTS_MAX) return undefined;
    if (call !== null && call.id === id) return call;
    return id >> SLOT_BITS <= (this.#generations[slot] ?? 0) ? null : undefined;
  }

  delete(call: T): void {
    const slot = call.id & (SLOTS_MAX - 1);
    if (this.#calls[slot] !== call) return;
    this.#calls[slot] = null;
    this.#free.push(slot);
  }

  all(): T[] {
    return this.#calls.filter((call) => call !== null);
  }
}

// The slots of counters by their names. A slot is given to another name when nothing can tell the
// difference: no isolate holds it, it counts nothing, and the store has nothing of it. So what a
// refused script named, and what nobody uses any more and was set to nothing, is no reason to
// refuse a new name.
//
// All of it under the lock.

import {
  type CounterBuffers,
  INDEX_AT,
  INDEX_SIZE,
  LOCK,
  NAME_BYTES,
  NAMES_AT,
  SLOTS,
  USED,
} from "./counter-memory.ts";
import { SharedLock } from "./shared-lock.ts";

/** In place of a slot: the tenant may have no more counters. */
export const OVER_LIMIT = -2;
/** In place of a slot: there is none left, or the name is too long. */
const NO_ROOM = -1;

export interface CounterName {
  /** Its identity (base/identity.ts). */
  readonly tenant: string;
  readonly name: string;
}

export class CounterSlots {
  readonly counts: BigInt64Array;
  readonly saved: BigInt64Array;
  readonly holders: Int32Array;
  readonly lives: Int32Array;
  readonly #owners: Uint32Array;
  readonly #words: Int32Array;
  readonly #names: Buffer;
  readonly #lock: SharedLock;

  constructor(buffers: CounterBuffers) {
    this.counts = new BigInt64Array(buffers.counts);
    this.saved = new BigInt64Array(buffers.saved);
    this.holders = new Int32Array(buffers.holders);
    this.lives = new Int32Array(buffers.lives);
    this.#owners = new Uint32Array(buffers.owners);
    this.#words = new Int32Array(buffers.table, 0, INDEX_AT + INDEX_SIZE);
    this.#names = Buffer.from(new Uint8Array(buffers.table, NAMES_AT).buffer, NAMES_AT);
    this.#lock = new SharedLock(this.#words, LOCK, () => this.#indexAnew());
  }

  /** One thread at a time. It must not be called within its own work. */
  locked<T>(work: () => T): T {
    return this.#lock.locked(work);
  }

  /** Slots that have, or have had, a name. */
  get used(): number {
    return Atomics.load(this.#words, USED);
  }

  /** Negative: there is none of that name. */
  find({ tenant, name }: CounterName): number {
    return this.#find(keyOf(tenant, name));
  }

  /** Made if it is new; negative: `OVER_LIMIT`, or there is no room. */
  slotOf({ tenant, name }: CounterName, most: number): number {
    const key = keyOf(tenant, name);
    if (key.length >= NAME_BYTES) return NO_ROOM;
    const found = this.#find(key);
    return found >= 0 ? found : this.#insert(key, most);
  }

  /** Null: the slot has no name. */
  nameOf(slot: number): CounterName | null {
    const key = this.#keyOf(slot).toString("latin1");
    const split = key.indexOf("\0");
    return key === "" ? null : { tenant: key.slice(0, split), name: key.slice(split + 1) };
  }

  /** The first character of its name, which must have one. */
  markOf(slot: number): number {
    return this.#names[this.#names.indexOf(0, slot * NAME_BYTES + 1) + 1] ?? 0;
  }

  isNamed(slot: number): boolean {
    return this.#names[slot * NAME_BYTES] !== 0;
  }

  /** Who still counts there counts for nobody. */
  unname(slot: number): void {
    this.#removeFromIndex(slot);
    this.#names[slot * NAME_BYTES] = 0;
  }

  /** Nothing can tell whether it is there. */
  isIdle(slot: number): boolean {
    return (
      Atomics.load(this.holders, slot) === 0 &&
      Atomics.load(this.counts, slot) === 0n &&
      this.saved[slot] === 0n
    );
  }

  #find(key: Buffer): number {
    for (let at = hash(key); ; at = after(at)) {
      const slot = this.#indexed(at);
      if (slot < 0 || this.#keyOf(slot).equals(key)) return slot;
    }
  }

  #insert(key: Buffer, most: number): number {
    const slot = this.#room(key, most);
    if (slot < 0) return slot;
    Atomics.store(this.counts, slot, 0n);
    this.saved[slot] = 0n;
    this.lives[slot] = ((this.lives[slot] ?? 0) + 1) | 0;
    this.#owners[slot] = fnv1a(tenantOf(key));
    key.copy(this.#names, slot * NAME_BYTES + 1);
    // with its length it is there: whoever ends behind this line has made a counter
    this.#names[slot * NAME_BYTES] = key.length;
    this.#index(slot, key);
    return slot;
  }

  #index(slot: number, key: Buffer): void {
    let at = hash(key);
    while (this.#indexed(at) >= 0) at = after(at);
    this.#words[INDEX_AT + at] = slot + 1;
  }

  /** A thread has ended while it changed the index: the names tell what belongs there. */
  #indexAnew(): void {
    this.#words.fill(0, INDEX_AT, INDEX_AT + INDEX_SIZE);
    const { used } = this;
    for (let slot = 0; slot < used; slot++) {
      if (this.isNamed(slot)) this.#index(slot, this.#keyOf(slot));
    }
  }

  /** A slot that nothing has, or that of a name that is as good as none. */
  #room(key: Buffer, most: number): number {
    const own = most < SLOTS ? this.#ofTenant(key) : [];
    if (own.length >= most) return this.#reclaimed(own) ?? OVER_LIMIT;
    const { used } = this;
    if (used < SLOTS) {
      Atomics.store(this.#words, USED, used + 1);
      return used;
    }
    return this.#reclaimed(Array.from({ length: SLOTS }, (_, slot) => slot)) ?? NO_ROOM;
  }

  #reclaimed(slots: readonly number[]): number | undefined {
    const found = slots.find((slot) =>
      this.isNamed(slot) ? this.isIdle(slot) : this.holders[slot] === 0,
    );
    if (found !== undefined && this.isNamed(found)) this.unname(found);
    return found;
  }

  /** Of the tenant that this key begins with. */
  #ofTenant(key: Buffer): number[] {
    const tenant = tenantOf(key);
    const owner = fnv1a(tenant);
    const { used } = this;
    const slots: number[] = [];
    for (let slot = 0; slot < used; slot++) {
      if (this.#owners[slot] !== owner || !this.isNamed(slot)) continue;
      if (tenantOf(this.#keyOf(slot)).equals(tenant)) slots.push(slot);
    }
    return slots;
  }

  /** Those behind it that would not be found any more move up: no probe meets a gap. */
  #removeFromIndex(slot: number): void {
    let gap = hash(this.#keyOf(slot));
    while (this.#indexed(gap) !== slot) gap = after(gap);
    for (let at = after(gap); this.#indexed(at) >= 0; at = after(at)) {
      const home = hash(this.#keyOf(this.#indexed(at)));
      if (distance(home, at) < distance(gap, at)) continue;
      this.#words[INDEX_AT + gap] = this.#words[INDEX_AT + at] ?? 0;
      gap = at;
    }
    this.#words[INDEX_AT + gap] = 0;
  }

  #indexed(at: number): number {
    return (this.#words[INDEX_AT + at] ?? 0) - 1;
  }

  #keyOf(slot: number): Buffer {
    const from = slot * NAME_BYTES;
    return this.#names.subarray(from + 1, from + 1 + (this.#names[from] ?? 0));
  }
}

const keyOf = (tenant: string, name: string): Buffer => Buffer.from(`${tenant}\0${name}`, "latin1");

const after = (at: number): number => (at + 1) % INDEX_SIZE;

const distance = (from: number, to: number): number => (to - from + INDEX_SIZE) % INDEX_SIZE;

/** With the separator behind it. */
const tenantOf = (key: Buffer): Buffer => key.subarray(0, key.indexOf(0) + 1);

const hash = (key: Buffer): number => fnv1a(key) % INDEX_SIZE;

function fnv1a(bytes: Buffer): number {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

// What requests under way hold of a tenant's in-flight limits: how many each worker has of a key.
// Host code alone counts here, under the table's lock, so that a decision is exact across threads
// and no end of an isolate interrupts it. A worker that is gone holds nothing any more. The process
// before this one, while it finishes, counts as one more worker.
//
// A slot with the count 0 is free. Each write that matters is one line, and the count is written
// last: a thread that ends in the middle leaves nothing half done.

import {
  HOLD_PLACES,
  HOLD_SLOTS,
  HOLD_WORDS,
  LIMIT_HEAD,
  type LimitMemory,
} from "../wire/limits/layout.ts";
import type { SharedLock } from "./shared-lock.ts";

/** A key of an in-flight limit: the hash of the limit's name and the client's key. */
export interface HeldKey {
  /** Number of the limit. */
  readonly id: number;
  readonly low: number;
  readonly high: number;
}

export interface HeldCount extends HeldKey {
  readonly count: number;
}

/** What a worker has of a key, as it is told. */
export interface HoldNote {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly worker: number;
  /** Tells it from what the worker had of the key before, if that was reset. */
  readonly serial: number;
}

/** Taken for one request. */
export interface Hold extends HeldKey {
  readonly serial: number;
  /** False: that has been done before, or the key was reset. */
  release(): boolean;
}

const SLOT = { count: 0, low: 1, high: 2, worker: 3, serial: 4, id: 5 } as const;
const SERIAL_MAX = 0x7fff_ffff;
/** In place of a serial. */
export const ANY_SERIAL = 0;
/** In place of a worker, of which the first is 1: the process before this one. */
export const PREDECESSOR = -1;

export class LimitHolds {
  readonly #slots: Int32Array;
  readonly #head: Int32Array;
  readonly #lock: SharedLock;

  constructor(slots: Int32Array, { head }: LimitMemory, lock: SharedLock) {
    this.#slots = slots;
    this.#head = head;
    this.#lock = lock;
  }

  /** One more of the key for that worker. Null: as many as the limit says are there, or no room. */
  enter(key: HeldKey, worker: number, limit: number): Hold | null {
    const serial = this.#lock.locked(() => this.#enter(key, worker, limit));
    return serial === 0 ? null : this.#holdOf(key, worker, serial);
  }

  /** So many more, whatever the limit: somebody else has decided it. Null: there is no room. */
  add(key: HeldKey, worker: number, count: number): Hold | null {
    const serial = this.#lock.locked(() => this.#add(key, worker, count));
    return serial === 0 ? null : this.#holdOf(key, worker, serial);
  }

  /** One less. False: it was reset meanwhile, or was none. */
  leave({ low, high }: Omit<HeldKey, "id">, worker: number, serial: number): boolean {
    return this.#lock.locked(() => {
      const at = this.#find(low, high, worker);
      const isIt = at >= 0 && (serial === ANY_SERIAL || this.#word(at, SLOT.serial) === serial);
      if (isIt) this.#slots[at] = this.#word(at, SLOT.count) - 1;
      return isIt;
    });
  }

  /** Of all workers. */
  countOf(low: number, high: number): number {
    return this.#lock.locked(() => this.#countOf(low, high));
  }

  /** All that is held. Looks at every slot. */
  list(): { readonly id: number; readonly note: HoldNote }[] {
    const held: { id: number; note: HoldNote }[] = [];
    for (let at = 0; at < this.#slots.length; at += HOLD_WORDS) {
      const count = this.#word(at, SLOT.count);
      if (count <= 0) continue;
      const [low, high] = [this.#word(at, SLOT.low), this.#word(at, SLOT.high)];
      const [worker, serial] = [this.#word(at, SLOT.worker), this.#word(at, SLOT.serial)];
      held.push({ id: this.#word(at, SLOT.id), note: { low, high, count, worker, serial } });
    }
    return held;
  }

  /** How many requests hold something of a limit, and of how many keys, by its number. */
  totals(): { readonly keys: number; readonly requests: number }[] {
    const totals: { keys: number; requests: number }[] = [];
    for (const [id, held] of Map.groupBy(this.list(), (one) => one.id)) {
      const keys = new Set(held.map(({ note }) => `${note.low} ${note.high}`)).size;
      totals[id] = { keys, requests: held.reduce((sum, { note }) => sum + note.count, 0) };
    }
    return totals;
  }

  /** That worker is gone. */
  dropWorker(worker: number): void {
    this.setWorker(worker, []);
  }

  /** That is all that the worker has: in one step, so that meanwhile nobody is let in for less. */
  setWorker(worker: number, held: readonly HeldCount[]): void {
    this.#lock.locked(() => {
      this.#drop((at) => this.#word(at, SLOT.worker) === worker);
      for (const one of held) this.#add(one, worker, one.count);
    });
  }

  /** Nothing of the limit is held any more, or of that key of its. */
  clear(id: number, key: Omit<HeldKey, "id"> | null): void {
    this.#lock.locked(() =>
      this.#drop((at) => {
        if (key !== null) return this.#isOf(at, key.low, key.high);
        return this.#word(at, SLOT.id) === id;
      }),
    );
  }

  #holdOf(key: HeldKey, worker: number, serial: number): Hold {
    let isHeld = true;
    const release = (): boolean => {
      const isFirst = isHeld;
      isHeld = false;
      return isFirst && this.leave(key, worker, serial);
    };
    const { id, low, high } = key;
    return { id, low, high, serial, release };
  }

  #enter(key: HeldKey, worker: number, limit: number): number {
    return this.#countOf(key.low, key.high) < limit ? this.#add(key, worker, 1) : 0;
  }

  /** The serial of the slot; 0: there is none. */
  #add({ id, low, high }: HeldKey, worker: number, count: number): number {
    const own = this.#find(low, high, worker);
    if (own >= 0) {
      this.#slots[own] = this.#word(own, SLOT.count) + count;
      return this.#word(own, SLOT.serial);
    }
    const at = this.#free(low);
    if (at < 0) return 0;
    const serial = ((this.#head[LIMIT_HEAD.HOLD] ?? 0) % SERIAL_MAX) + 1;
    this.#head[LIMIT_HEAD.HOLD] = serial;
    this.#slots.set([0, low, high, worker, serial, id], at);
    this.#slots[at] = count;
    return serial;
  }

  #countOf(low: number, high: number): number {
    let count = 0;
    for (let place = 0; place < HOLD_PLACES; place++) {
      const at = atOf(low, place);
      if (this.#isOf(at, low, high)) count += this.#word(at, SLOT.count);
    }
    return count;
  }

  #find(low: number, high: number, worker: number): number {
    for (let place = 0; place < HOLD_PLACES; place++) {
      const at = atOf(low, place);
      if (this.#isOf(at, low, high) && this.#word(at, SLOT.worker) === worker) return at;
    }
    return -1;
  }

  #free(low: number): number {
    for (let place = 0; place < HOLD_PLACES; place++) {
      const at = atOf(low, place);
      if (this.#word(at, SLOT.count) <= 0) return at;
    }
    return -1;
  }

  #drop(fits: (at: number) => boolean): void {
    for (let at = 0; at < this.#slots.length; at += HOLD_WORDS) {
      if (this.#word(at, SLOT.count) > 0 && fits(at)) this.#slots[at] = 0;
    }
  }

  #isOf(at: number, low: number, high: number): boolean {
    if (this.#word(at, SLOT.count) <= 0) return false;
    return this.#word(at, SLOT.low) === low && this.#word(at, SLOT.high) === high;
  }

  #word(at: number, offset: number): number {
    return this.#slots[at + offset] ?? 0;
  }
}

const atOf = (low: number, place: number): number =>
  (((low >>> 0) + place) % HOLD_SLOTS) * HOLD_WORDS;

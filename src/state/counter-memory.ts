// The memory of counters, which every thread shares: how large it is, and what each part is for.
//
//   table: [lock, used] [index: hash -> slot + 1] [names: NAME_BYTES each, length first]
//   a word for each slot: counts, saved, holders, lives, owners

/** Slots: with names of 212 bytes, 3.5 MB for the table and 448 KiB for the words. */
export const SLOTS = 16_384;
/** Twice the slots, so that a probe stays short. */
export const INDEX_SIZE = 32_768;
/** Length byte, the tenant's identity (81), separator, name (128), rounded up. */
export const NAME_BYTES = 212;

export const LOCK = 0;
export const USED = 1;
export const INDEX_AT = 2;
export const NAMES_AT = (INDEX_AT + INDEX_SIZE) * 4;

/** Shared by posting it to other threads. */
export interface CounterBuffers {
  readonly table: SharedArrayBuffer;
  readonly counts: SharedArrayBuffer;
  /** What the store has of each. */
  readonly saved: SharedArrayBuffer;
  /** Isolates that know the slot by its number. Those of a thread that died are never taken off. */
  readonly holders: SharedArrayBuffer;
  /** How many names it has had: whoever remembers a slot sees that it is another's. */
  readonly lives: SharedArrayBuffer;
  /** Hashes of tenants: to find all of one without a look at every name. */
  readonly owners: SharedArrayBuffer;
}

export const createCounterBuffers = (): CounterBuffers => ({
  table: new SharedArrayBuffer(NAMES_AT + SLOTS * NAME_BYTES),
  counts: new SharedArrayBuffer(SLOTS * 8),
  saved: new SharedArrayBuffer(SLOTS * 8),
  holders: new SharedArrayBuffer(SLOTS * 4),
  lives: new SharedArrayBuffer(SLOTS * 4),
  owners: new SharedArrayBuffer(SLOTS * 4),
});

// The memory of a tenant's rate limits: one buffer that its isolates, and whatever else decides for
// it, share. Every key of every limit has a slot in it, found by a hash of the key. No lock: a
// decision is one compare-exchange of the slot's state, so what is ended in the middle of one
// leaves nothing half done.
//
//   head       lock, names, touches …           names, parameters, holders   of each limit
//   totals     allowed, refused of each limit   touched                      slots, for a cell
//   cluster    what limits of all proxies go by: cluster.ts
//   pending    a word for each bucket           slots                        tag, state, more
//
// What requests under way hold is in a buffer of its own, which no isolate gets.
//
// A bucket is SLOTS_IN_BUCKET slots side by side. There are two kinds of them: of two words, and of
// the words that a ring of sub-windows takes.

import { CLUSTER_WORDS } from "./cluster.ts";

/** Limits that one tenant may name, whatever its configuration says. */
export const LIMIT_NAMES_MAX = 64;
/** A length, and 128 characters. */
export const LIMIT_NAME_BYTES = 132;

export const LIMIT_HEAD = {
  /** Of the host's threads: state/shared-lock.ts. No isolate takes it. */
  LOCK: 0,
  /** Key of the hash that leads to slots: clients choose what is hashed. */
  KEY_LOW: 1,
  KEY_HIGH: 2,
  /** 1: whoever changes a slot says which in `touched`. */
  TELLS: 3,
  /** How many slots were touched since somebody looked; more than TOUCHED_MAX: not all are told. */
  TOUCHES: 4,
  /** Of the last hold that began to count. */
  HOLD: 5,
  /** The number that was given to another limit last. */
  NUMBER: 6,
} as const;

const HEAD_WORDS = 8;
export const TOUCHED_MAX = 1_024;

/** Words of the parameters of one limit: algorithm, limit, window in ms, burst. */
export const PARAMETER_WORDS = 4;

/** Sub-windows of a sliding window. */
export const RING = 10;
const RING_ENTRIES = RING + 1;

export const SLOTS_IN_BUCKET = 8;

/** Slots of one shape. */
export interface SlotShape {
  readonly buckets: number;
  /** 64-bit words of a slot: tag, state, entries. */
  readonly words: number;
  /** Of the first slot, and of the first bucket's pending word. */
  readonly at: number;
  readonly pendingAt: number;
}

const PLAIN_BUCKETS = 8_192;
const RING_BUCKETS = 1_024;
const PENDING = PLAIN_BUCKETS + RING_BUCKETS;
const PLAIN_WORDS = 2;
const RING_WORDS = 2 + RING_ENTRIES;
const bucketWords = (words: number): number => words * SLOTS_IN_BUCKET;

/** 64 Ki keys of windows and buckets, 16 bytes each. */
export const PLAIN: SlotShape = {
  buckets: PLAIN_BUCKETS,
  words: PLAIN_WORDS,
  at: PENDING,
  pendingAt: 0,
};

/** 8 Ki keys of sliding windows, 104 bytes each. */
export const RINGS: SlotShape = {
  buckets: RING_BUCKETS,
  words: RING_WORDS,
  at: PENDING + PLAIN_BUCKETS * bucketWords(PLAIN_WORDS),
  pendingAt: PLAIN_BUCKETS,
};

/** What requests under way hold: of each key and worker. */
export const HOLD_SLOTS = 32_768;
/** Their number, low and high half of the key's hash, worker, serial, number of the limit. */
export const HOLD_WORDS = 6;
/**
 * Slots in which a key's may be, from where its hash says. With half of all in use, none of them is
 * free for one key of 200,000.
 */
export const HOLD_PLACES = 64;

/** Words in which slots lie, with the pending words before them. */
export const SLOT_WORDS = RINGS.at + RING_BUCKETS * bucketWords(RING_WORDS);

/** Allowed and refused of each limit, and slots that were taken from keys that had counted. */
export const TOTALS = 2 * LIMIT_NAMES_MAX + 1;
export const EVICTED = 2 * LIMIT_NAMES_MAX;

const AT = layout({
  slots: SLOT_WORDS * 8,
  totals: TOTALS * 8,
  cluster: CLUSTER_WORDS * 8,
  head: HEAD_WORDS * 4,
  parameters: LIMIT_NAMES_MAX * PARAMETER_WORDS * 4,
  holders: LIMIT_NAMES_MAX * 4,
  touched: TOUCHED_MAX * 4,
  names: LIMIT_NAMES_MAX * LIMIT_NAME_BYTES,
});

/** What of it is untouched takes no memory of the machine. */
export const LIMIT_BYTES = AT.end;
export const HOLD_BYTES = HOLD_SLOTS * HOLD_WORDS * 4;

/** The parts that decisions need. */
export interface LimitMemory {
  readonly head: Int32Array;
  readonly parameters: Int32Array;
  readonly totals: BigInt64Array;
  readonly cluster: BigInt64Array;
  readonly touched: Int32Array;
  readonly slots: BigInt64Array;
  /** The same words in halves, the low one first. */
  readonly halves: Int32Array;
}

export const limitMemory = (buffer: ArrayBufferLike): LimitMemory => ({
  head: new Int32Array(buffer, AT.head, HEAD_WORDS),
  parameters: new Int32Array(buffer, AT.parameters, LIMIT_NAMES_MAX * PARAMETER_WORDS),
  totals: new BigInt64Array(buffer, AT.totals, TOTALS),
  cluster: new BigInt64Array(buffer, AT.cluster, CLUSTER_WORDS),
  touched: new Int32Array(buffer, AT.touched, TOUCHED_MAX),
  slots: new BigInt64Array(buffer, AT.slots, SLOT_WORDS),
  halves: new Int32Array(buffer, AT.slots, 2 * SLOT_WORDS),
});

/** The parts that the host alone needs. */
export const limitNames = (buffer: ArrayBufferLike) => ({
  names: new Uint8Array(buffer, AT.names, LIMIT_NAMES_MAX * LIMIT_NAME_BYTES),
  holders: new Int32Array(buffer, AT.holders, LIMIT_NAMES_MAX),
});

function layout<T extends Record<string, number>>(sizes: T): T & { readonly end: number } {
  const at: Record<string, number> = {};
  let end = 0;
  for (const part of Object.keys(sizes)) {
    at[part] = end;
    end += sizes[part] ?? 0;
  }
  return { ...sizes, ...at, end };
}

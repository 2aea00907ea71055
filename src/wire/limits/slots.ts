// Where a key's slot is, and who gets one. Any number of threads look and take at the same time,
// and a key never has two slots: a free one is taken in the order in which they lie; in a bucket
// that is full a change is announced in the bucket's own word first, and whoever meets it there
// finishes it, so that one ended in the middle of it holds up nobody.
//
//   tag      hash 24 bits, number of the limit 8 bits | hash 29 bits            0: nobody's
//   pending  the tag of who gets a slot, and in its three highest bits which    0: nothing

import { atomicAdd, atomicCompareExchange, atomicLoad } from "../atomics.ts";
import { type Decision, fullness, type LimitRule, newDecision, stateAt } from "./algorithms.ts";
import type { Words } from "./keyed-hash.ts";
import {
  EVICTED,
  type LimitMemory,
  PARAMETER_WORDS,
  SLOTS_IN_BUCKET,
  type SlotShape,
} from "./layout.ts";
import { halvesOf, wordOf } from "./state.ts";

/** A key, as slots know it. */
export interface Tag {
  low: number;
  high: number;
  bucket: number;
  check: number;
}

const HIGH_MASK = 0x1fff_ffff;
const INDEX_SHIFT = 29;
const ID_MASK = 255;

/** @param id  number of the limit, from 1 */
export function tagOf(hash: Readonly<Words>, id: number, { buckets }: SlotShape, into: Tag): void {
  into.low = (hash.low << 8) | id;
  into.high = hash.high & HIGH_MASK;
  into.bucket = (hash.low >>> 0) % buckets;
  into.check = checkOf(into);
}

/** Of a key: what its tag has of the hash. */
export const slotHash = ({ low, high }: Readonly<Words>): Words => ({
  low: low << 8,
  high: high & HIGH_MASK,
});

/** Of what is in the tag, so that it can be told from there. */
export const checkOf = ({ low, high }: Readonly<Words>): number => ((low >>> 8) ^ high) & 15;

export const idOf = ({ low }: Readonly<Words>): number => low & ID_MASK;

const slotAt = (shape: SlotShape, bucket: number, index: number): number =>
  shape.at + (bucket * SLOTS_IN_BUCKET + index) * shape.words;

/** First word of the key's slot, which it gets if it has none. */
export function slotOf(asked: Decision, shape: SlotShape, tag: Readonly<Tag>): number {
  const { memory } = asked;
  const found = find(memory, shape, tag);
  return found >= 0 ? found : take(asked, shape, tag);
}

/** Whether the slot is still that key's. */
export const isOf = ({ halves }: LimitMemory, at: number, { low, high }: Readonly<Tag>): boolean =>
  halves[2 * at] === low && halves[2 * at + 1] === high;

/** -1: it has none. */
export function find(memory: LimitMemory, shape: SlotShape, tag: Readonly<Tag>): number {
  let at = slotAt(shape, tag.bucket, 0);
  for (let i = 0; i < SLOTS_IN_BUCKET; i++, at += shape.words) {
    if (isOf(memory, at, tag)) return at;
  }
  return -1;
}

function take(asked: Decision, shape: SlotShape, tag: Readonly<Tag>): number {
  const { slots } = asked.memory;
  const word = wordOf(tag.low, tag.high);
  const pendingAt = shape.pendingAt + tag.bucket;
  for (;;) {
    const pending = atomicLoad(slots, pendingAt);
    if (pending !== 0n) finish(slots, { shape, bucket: tag.bucket, pending });
    const own = ownOrFree(slots, slotAt(shape, tag.bucket, 0), { word, words: shape.words });
    if (own >= 0) return own;
    const index = emptiest(asked, shape, tag);
    const next = wordOf(tag.low, tag.high | (index << INDEX_SHIFT));
    if (atomicCompareExchange(slots, pendingAt, pending, next) !== pending) continue;
    finish(slots, { shape, bucket: tag.bucket, pending: next });
    return slotAt(shape, tag.bucket, index);
  }
}

/**
 * The key's slot, or the first that is nobody's, which is the key's then; -1: there is neither. In
 * one pass: between two looks another thread might give the key the slot that is skipped.
 */
function ownOrFree(
  slots: BigInt64Array,
  first: number,
  { word, words }: { readonly word: bigint; readonly words: number },
): number {
  let at = first;
  for (let i = 0; i < SLOTS_IN_BUCKET; i++, at += words) {
    let tag = atomicLoad(slots, at);
    if (tag === 0n) {
      tag = atomicCompareExchange(slots, at, 0n, word);
      if (tag === 0n) return at;
    }
    if (tag === word) return at;
  }
  return -1;
}

interface Change {
  readonly shape: SlotShape;
  readonly bucket: number;
  readonly pending: bigint;
}

const parts: Words = { low: 0, high: 0 };

/** The slot has that tag afterwards, unless the next change has been announced already. */
function finish(slots: BigInt64Array, { shape, bucket, pending }: Change): void {
  halvesOf(pending, parts);
  const at = slotAt(shape, bucket, parts.high >>> INDEX_SHIFT);
  const tag = wordOf(parts.low, parts.high & HIGH_MASK);
  const was = atomicLoad(slots, at);
  if (was === tag || atomicLoad(slots, shape.pendingAt + bucket) !== pending) return;
  atomicCompareExchange(slots, at, was, tag);
}

/**
 * The one whose loss changes least: nobody counts it, or it has counted least, or longest ago. Not
 * one whose states look like the key's own, as long as there are others.
 */
function emptiest(asked: Decision, shape: SlotShape, { bucket, check }: Readonly<Tag>): number {
  const { memory } = asked;
  const other = newDecision(memory, asked.rule);
  other.nowMs = asked.nowMs;
  other.nowParts = asked.nowParts;
  let best = 0;
  let least = Infinity;
  let oldest = 0n;
  for (let i = 0; i < SLOTS_IN_BUCKET; i++) {
    const at = slotAt(shape, bucket, i);
    halvesOf(atomicLoad(memory.slots, at), parts);
    other.at = at;
    other.check = checkOf(parts);
    other.rule = ruleOf(memory, idOf(parts));
    const full = fullness(other) + (other.check === check ? 2 : 0);
    const state = stateAt(memory, at);
    if (full > least || (full === least && state >= oldest)) continue;
    best = i;
    least = full;
    oldest = state;
  }
  if (least > 0) atomicAdd(memory.totals, EVICTED, 1n);
  return best;
}

/** As the limit of that number was declared last. */
export function ruleOf({ parameters }: LimitMemory, id: number): LimitRule {
  const at = (id - 1) * PARAMETER_WORDS;
  return {
    algorithm: parameters[at] ?? 0,
    limit: parameters[at + 1] ?? 1,
    windowMs: parameters[at + 2] ?? 1,
    burst: parameters[at + 3] ?? 1,
  };
}

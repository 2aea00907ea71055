// One decision about one key of a limit: its slot, and a compare-exchange of what is in it. The
// same in an isolate and in the host.

import { atomicAdd } from "../atomics.ts";
import { ALGORITHM, type Decision, decide, enact, type LimitRule, stateAt } from "./algorithms.ts";
import { keyedHash, type Words } from "./keyed-hash.ts";
import {
  LIMIT_HEAD,
  type LimitMemory,
  PLAIN,
  RINGS,
  type SlotShape,
  TOUCHED_MAX,
} from "./layout.ts";
import { find, isOf, slotOf, type Tag, tagOf } from "./slots.ts";

/** Those with more than a state. */
const isLarge = ({ algorithm }: LimitRule): boolean =>
  algorithm === ALGORITHM.slidingWindow || algorithm === ALGORITHM.clusterWindow;

export const shapeOf = (rule: LimitRule): SlotShape => (isLarge(rule) ? RINGS : PLAIN);

/**
 * What the keys of a limit are hashed with: two limits of one name whose states mean different
 * things have nothing in common.
 */
export function seedOf({ head }: LimitMemory, name: string, rule: LimitRule): Words {
  const key = { low: head[LIMIT_HEAD.KEY_LOW] ?? 0, high: head[LIMIT_HEAD.KEY_HIGH] ?? 0 };
  const scale = isLarge(rule) ? rule.windowMs : 0;
  keyedHash(key, `${rule.algorithm} ${scale} ${name}`, key);
  return key;
}

const hash: Words = { low: 0, high: 0 };
const tag: Tag = { low: 0, high: 0, bucket: 0, check: 0 };

export interface LimitName {
  /** From 1. */
  readonly id: number;
  readonly seed: Words;
}

/** The answer is in `decision`. */
export function takeFrom({ id, seed }: LimitName, key: string, decision: Decision): void {
  const { memory, rule } = decision;
  const shape = shapeOf(rule);
  keyedHash(seed, key, hash);
  tagOf(hash, id, shape, tag);
  decision.check = tag.check;
  for (;;) {
    decision.at = slotOf(decision, shape, tag);
    const was = stateAt(memory, decision.at);
    decide(decision, was);
    if (!decision.isAllowed) {
      // or the slot had become another key's before its state was read
      if (isOf(memory, decision.at, tag)) break;
      continue;
    }
    // first: what is ended behind this line is taken back
    touch(memory, decision.at);
    if (enact(decision, was)) break;
  }
  const total = 2 * (id - 1) + (decision.isAllowed ? 0 : 1);
  atomicAdd(memory.totals, total, 1n);
}

/** Of a key of an in-flight limit. */
export function hashOf(seed: Readonly<Words>, key: string): Words {
  keyedHash(seed, key, hash);
  return { low: hash.low, high: hash.high };
}

/** The answer to a request that is not made: nothing changes. False: the key has no slot. */
export function lookAt({ id, seed }: LimitName, key: string, decision: Decision): boolean {
  const shape = shapeOf(decision.rule);
  keyedHash(seed, key, hash);
  tagOf(hash, id, shape, tag);
  decision.check = tag.check;
  decision.at = find(decision.memory, shape, tag);
  if (decision.at < 0) return false;
  decide(decision, stateAt(decision.memory, decision.at));
  return true;
}

/** Only in a cell, where one thread decides. */
function touch({ head, touched }: LimitMemory, at: number): void {
  if (head[LIMIT_HEAD.TELLS] !== 1) return;
  const touches = head[LIMIT_HEAD.TOUCHES] ?? 0;
  if (touches < TOUCHED_MAX) touched[touches] = at;
  if (touches <= TOUCHED_MAX) head[LIMIT_HEAD.TOUCHES] = touches + 1;
}

// The slots of a tenant's limits, all together: counted, cleared, reported and taken over. The
// states of one key only grow (wire/limits/state.ts), so of two reported states the larger is the
// later.

import { machineTime } from "../base/clock.ts";
import { type Decision, fullness, type LimitRule, newDecision } from "../wire/limits/algorithms.ts";
import {
  LIMIT_NAMES_MAX,
  type LimitMemory,
  PLAIN,
  RINGS,
  SLOTS_IN_BUCKET,
  type SlotShape,
} from "../wire/limits/layout.ts";
import { checkOf, idOf, ruleOf, slotOf, type Tag } from "../wire/limits/slots.ts";
import { halvesOf } from "../wire/limits/state.ts";
import { type LimitName, lookAt, shapeOf } from "../wire/limits/take.ts";

/** A key's slot as it is told: the hash without the limit's number, and what is behind the tag. */
export interface SlotNote {
  /** Of the tag, with 0 for the limit's number. */
  readonly low: number;
  readonly high: number;
  readonly words: readonly bigint[];
}

const SHAPES: readonly SlotShape[] = [PLAIN, RINGS];

/** A rule that no slot has: none is like the key's own. */
const NO_RULE: LimitRule = { algorithm: 0, limit: 1, windowMs: 1, burst: 1 };

export class LimitSlots {
  readonly #memory: LimitMemory;

  constructor(memory: LimitMemory) {
    this.#memory = memory;
  }

  /** Keys that count something, by the numbers of their limits. */
  countByLimit(): readonly number[] {
    const counts = new Array<number>(LIMIT_NAMES_MAX + 1).fill(0);
    for (const { id } of this.live()) counts[id] = (counts[id] ?? 0) + 1;
    return counts;
  }

  /** Those that count something, each as it is told. */
  *live(): Generator<{ readonly id: number; readonly note: SlotNote }> {
    const decision = this.#decisionNow(NO_RULE);
    const tag = { low: 0, high: 0 };
    for (const shape of SHAPES) {
      const end = shape.at + shape.buckets * SLOTS_IN_BUCKET * shape.words;
      for (let at = shape.at; at < end; at += shape.words) {
        halvesOf(this.#memory.slots[at] ?? 0n, tag);
        const id = idOf(tag);
        if (id === 0) continue;
        decision.at = at;
        decision.check = checkOf(tag);
        decision.rule = ruleOf(this.#memory, id);
        if (fullness(decision) > 0) yield { id, note: this.noteAt(at, shape) };
      }
    }
  }

  noteAt(at: number, shape: SlotShape): SlotNote {
    const tag = { low: 0, high: 0 };
    halvesOf(this.#memory.slots[at] ?? 0n, tag);
    const words = this.#memory.slots.slice(at + 1, at + shape.words);
    return { low: tag.low & ~255, high: tag.high, words: [...words] };
  }

  /** What another table says of a key. */
  merge(id: number, { low, high, words }: SlotNote): void {
    const rule = ruleOf(this.#memory, id);
    const shape = shapeOf(rule);
    const decision = this.#decisionNow(rule);
    const bucket = (low >>> 8) % shape.buckets;
    const tag: Tag = { low: low | id, high, bucket, check: checkOf({ low, high }) };
    decision.check = tag.check;
    const at = slotOf(decision, shape, tag);
    for (let i = 1; i < shape.words; i++) this.#raise(at + i, words[i - 1] ?? 0n, tag.check);
  }

  #raise(at: number, value: bigint, check: number): void {
    const { slots } = this.#memory;
    for (;;) {
      const was = Atomics.load(slots, at);
      const isOwn = Number(was & 15n) === check;
      if (isOwn && value <= was) return;
      if (Atomics.compareExchange(slots, at, was, value) === was) return;
    }
  }

  /** Nothing of the limit's keys is counted any more. */
  clear(limit: number): void {
    const { slots } = this.#memory;
    const tag = { low: 0, high: 0 };
    for (const shape of SHAPES) {
      const end = shape.at + shape.buckets * SLOTS_IN_BUCKET * shape.words;
      for (let at = shape.at; at < end; at += shape.words) {
        halvesOf(slots[at] ?? 0n, tag);
        if (idOf(tag) === limit) this.#clearAt(at, shape);
      }
    }
  }

  clearKey(name: LimitName, key: string, rule: LimitRule): void {
    const decision = this.#decisionNow(rule);
    if (lookAt(name, key, decision)) this.#clearAt(decision.at, shapeOf(rule));
  }

  /** Its tag stays: a slot that has been taken is never free again (wire/limits/slots.ts). */
  #clearAt(at: number, { words }: SlotShape): void {
    for (let i = 1; i < words; i++) Atomics.store(this.#memory.slots, at + i, 0n);
  }

  #decisionNow(rule: LimitRule): Decision {
    const { ms, parts } = machineTime();
    return Object.assign(newDecision(this.#memory, rule), { nowMs: ms, nowParts: parts });
  }
}

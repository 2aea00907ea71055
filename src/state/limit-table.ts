// The rate limits of one tenant as the host sees them: their names, what each has decided, and the
// slots of their keys (wire/limits/layout.ts). Decisions are made in isolates.

import { randomBytes } from "node:crypto";
import { machineTime } from "../base/clock.ts";
import { type LimitRule, newDecision } from "../wire/limits/algorithms.ts";
import {
  EVICTED,
  LIMIT_BYTES,
  LIMIT_HEAD,
  LIMIT_NAME_BYTES,
  LIMIT_NAMES_MAX,
  type LimitMemory,
  limitMemory,
  limitNames,
  PARAMETER_WORDS,
} from "../wire/limits/layout.ts";
import { ruleOf } from "../wire/limits/slots.ts";
import { lookAt, seedOf } from "../wire/limits/take.ts";
import { OVER_LIMIT } from "./counter-slots.ts";
import { type LimitNews, limitNewsOf } from "./limit-notes.ts";
import { LimitSlots } from "./limit-slots.ts";
import { SharedLock } from "./shared-lock.ts";

/** A limit, and what it has decided since the process began. */
export interface LimitSummary {
  readonly name: string;
  readonly rule: LimitRule;
  readonly allowed: bigint;
  readonly refused: bigint;
  /** That count something now. */
  readonly keys: number;
}

/** How a key stands. */
export interface LimitStanding {
  readonly isAllowed: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number;
}

export class LimitTable {
  readonly buffer: SharedArrayBuffer;
  readonly memory: LimitMemory;
  readonly slots: LimitSlots;
  readonly #names: Buffer;
  readonly #holders: Int32Array;
  readonly #lock: SharedLock;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.memory = limitMemory(buffer);
    this.slots = new LimitSlots(this.memory);
    const { names, holders } = limitNames(buffer);
    this.#names = Buffer.from(names.buffer, names.byteOffset, names.length);
    this.#holders = holders;
    // a name is there with its length, which is written last: nothing is ever half done
    this.#lock = new SharedLock(this.memory.head, LIMIT_HEAD.LOCK, () => {});
  }

  /** @param key  what clients' keys are hashed with, as another process has it */
  static make(key: readonly [number, number] = newKey()): LimitTable {
    const table = new LimitTable(new SharedArrayBuffer(LIMIT_BYTES));
    const { head } = table.memory;
    [head[LIMIT_HEAD.KEY_LOW], head[LIMIT_HEAD.KEY_HIGH]] = key;
    return table;
  }

  get key(): readonly [number, number] {
    const { head } = this.memory;
    return [head[LIMIT_HEAD.KEY_LOW] ?? 0, head[LIMIT_HEAD.KEY_HIGH] ?? 0];
  }

  /** For an isolate: the limit's number, made if it is new; `OVER_LIMIT`: there are `most`. */
  hold(name: string, rule: LimitRule, most: number): number {
    return this.#lock.locked(() => {
      const id = this.#idOf(name, rule, most);
      if (id > 0) this.#holders[id - 1] = (this.#holders[id - 1] ?? 0) + 1;
      return id;
    });
  }

  /** For isolates of a tenant that may have so many. */
  source(most: number) {
    return {
      buffer: this.buffer,
      hold: (name: string, rule: LimitRule) => this.hold(name, rule, most),
      release: (ids: Iterable<number>) => this.release(ids),
    };
  }

  /** The isolate is gone. */
  release(ids: Iterable<number>): void {
    this.#lock.locked(() => {
      for (const id of ids) this.#holders[id - 1] = (this.#holders[id - 1] ?? 1) - 1;
    });
  }

  /** The number of that limit, which need not have a holder. */
  idOf(name: string, rule: LimitRule, most: number): number {
    return this.#lock.locked(() => this.#idOf(name, rule, most));
  }

  /** Looks at every slot, which takes milliseconds. */
  list(): LimitSummary[] {
    const keys = this.slots.countByLimit();
    return this.#ids().map((id) => ({ ...this.#summary(id), keys: keys[id] ?? 0 }));
  }

  totals(): Omit<LimitSummary, "keys">[] {
    return this.#ids().map((id) => this.#summary(id));
  }

  /** Slots that were taken from keys that had counted, for want of room. */
  get evicted(): bigint {
    return Atomics.load(this.memory.totals, EVICTED);
  }

  /** Null: there is no such limit. */
  standing(name: string, key: string): LimitStanding | null {
    const id = this.#find(name);
    if (id === 0) return null;
    const rule = ruleOf(this.memory, id);
    const decision = newDecision(this.memory, rule);
    const { ms, parts } = machineTime();
    Object.assign(decision, { nowMs: ms, nowParts: parts });
    if (lookAt({ id, seed: seedOf(this.memory, name, rule) }, key, decision)) {
      const { isAllowed, remaining, retryAfterMs } = decision;
      // as it is before the request that was asked for
      return { isAllowed, remaining: remaining + (isAllowed ? 1 : 0), retryAfterMs };
    }
    return { isAllowed: true, remaining: rule.burst, retryAfterMs: 0 };
  }

  /** Nothing is counted of that key, or of any of the limit's: null. False: no such limit. */
  reset(name: string, key: string | null): boolean {
    const id = this.#find(name);
    if (id === 0) return false;
    const rule = ruleOf(this.memory, id);
    if (key === null) this.slots.clear(id);
    else this.slots.clearKey({ id, seed: seedOf(this.memory, name, rule) }, key, rule);
    return true;
  }

  /** Whether the number is still that limit's. */
  isLimit(id: number, name: string, rule: LimitRule): boolean {
    const { algorithm, limit, windowMs, burst } = ruleOf(this.memory, id);
    const isSame = algorithm === rule.algorithm && limit === rule.limit && burst === rule.burst;
    return isSame && windowMs === rule.windowMs && this.nameOf(id) === name;
  }

  /** All that it counts now, for a table that starts from there. */
  news(): LimitNews {
    // a look at every slot takes milliseconds
    if (this.#ids().length === 0) return { evicted: 0, groups: [] };
    return limitNewsOf({
      nameOf: (id) => this.nameOf(id),
      ruleOf: (id) => ruleOf(this.memory, id),
      live: () => this.slots.live(),
    });
  }

  #ids(): number[] {
    const ids = Array.from({ length: LIMIT_NAMES_MAX }, (_, i) => i + 1);
    return ids.filter((id) => this.nameOf(id) !== "");
  }

  #summary(id: number): Omit<LimitSummary, "keys"> {
    const at = 2 * (id - 1);
    const { totals } = this.memory;
    const [allowed, refused] = [Atomics.load(totals, at), Atomics.load(totals, at + 1)];
    return { name: this.nameOf(id), rule: ruleOf(this.memory, id), allowed, refused };
  }

  /** Empty: there is none of that number. */
  nameOf(id: number): string {
    const at = (id - 1) * LIMIT_NAME_BYTES;
    return this.#names.toString("latin1", at + 1, at + 1 + (this.#names[at] ?? 0));
  }

  /** 0: there is none of that name. */
  #find(name: string): number {
    for (let id = 1; id <= LIMIT_NAMES_MAX; id++) if (this.nameOf(id) === name) return id;
    return 0;
  }

  #idOf(name: string, rule: LimitRule, most: number): number {
    const known = this.#find(name);
    if (known > 0) {
      this.#setRule(known, rule);
      return known;
    }
    const id = this.#free(Math.min(most, LIMIT_NAMES_MAX));
    if (id === 0) return OVER_LIMIT;
    this.#setRule(id, rule);
    const at = (id - 1) * LIMIT_NAME_BYTES;
    this.memory.totals.fill(0n, 2 * (id - 1), 2 * id);
    this.#names.write(name, at + 1, "latin1");
    this.#names[at] = name.length;
    return id;
  }

  /** One without a name, or whose name no isolate has any more; 0: there is none. */
  #free(most: number): number {
    const ids = this.#ids();
    if (ids.length < most) {
      for (let id = 1; id <= LIMIT_NAMES_MAX; id++) if (!ids.includes(id)) return id;
    }
    const idle = ids.find((id) => this.#holders[id - 1] === 0);
    if (idle === undefined) return 0;
    this.#names[(idle - 1) * LIMIT_NAME_BYTES] = 0;
    this.slots.clear(idle);
    return idle;
  }

  #setRule(id: number, { algorithm, limit, windowMs, burst }: LimitRule): void {
    this.memory.parameters.set([algorithm, limit, windowMs, burst], (id - 1) * PARAMETER_WORDS);
  }
}

export const newKey = (): [number, number] => {
  const bytes = randomBytes(8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
};

// The rate limits of one tenant as the host sees them: their names, what each has decided, and the
// slots of their keys (wire/limits/layout.ts). Decisions are made in isolates; those of in-flight
// limits here (limit-holds.ts).

import { randomBytes } from "node:crypto";
import { machineTime } from "../base/clock.ts";
import { type LimitRule, newDecision } from "../wire/limits/algorithms.ts";
import { agreeOn, NO_CLUSTER } from "../wire/limits/cluster.ts";
import type { Words } from "../wire/limits/keyed-hash.ts";
import {
  EVICTED,
  HOLD_BYTES,
  LIMIT_BYTES,
  LIMIT_HEAD,
  type LimitMemory,
  limitMemory,
  limitNames,
} from "../wire/limits/layout.ts";
import { ruleOf } from "../wire/limits/slots.ts";
import { hashOf, lookAt, seedOf } from "../wire/limits/take.ts";
import { type HeldKey, type Hold, LimitHolds } from "./limit-holds.ts";
import { isInFlight, LimitNames } from "./limit-names.ts";
import { type LimitNews, limitNewsOf } from "./limit-notes.ts";
import { LimitSlots } from "./limit-slots.ts";
import { SharedLock } from "./shared-lock.ts";

/** For other threads of the host. */
export interface LimitBuffers {
  /** Isolates get this one too. */
  readonly limits: SharedArrayBuffer;
  readonly holds: SharedArrayBuffer;
}

/** A limit, and what it has decided since the process began. */
export interface LimitTotals {
  readonly id: number;
  readonly name: string;
  readonly rule: LimitRule;
  readonly allowed: bigint;
  readonly refused: bigint;
}

export interface LimitSummary extends LimitTotals {
  /** That count something now. */
  readonly keys: number;
  /** What requests under way hold now; 0 of limits that count by time. */
  readonly inFlight: number;
}

/** How a key stands. */
export interface LimitStanding {
  readonly isAllowed: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number;
}

export class LimitTable {
  readonly buffers: LimitBuffers;
  readonly memory: LimitMemory;
  readonly slots: LimitSlots;
  readonly holds: LimitHolds;
  readonly #names: LimitNames;
  readonly #lock: SharedLock;

  constructor(buffers: LimitBuffers) {
    this.buffers = buffers;
    this.memory = limitMemory(buffers.limits);
    this.slots = new LimitSlots(this.memory);
    const parts = limitNames(buffers.limits);
    const holds = new Int32Array(buffers.holds);
    // what has no loops is never half done, and nothing else is changed under it
    this.#lock = new SharedLock(this.memory.head, LIMIT_HEAD.LOCK, () => {});
    this.holds = new LimitHolds(holds, this.memory, this.#lock);
    this.#names = new LimitNames(this.memory, parts, {
      isHeld: (id) => this.holds.list().some((held) => held.id === id),
      forget: (id) => this.slots.clear(id),
    });
  }

  /** @param key  what clients' keys are hashed with, as another process has it */
  static make(key: readonly [number, number] = newKey(), terms = NO_CLUSTER): LimitTable {
    const limits = new SharedArrayBuffer(LIMIT_BYTES);
    const table = new LimitTable({ limits, holds: new SharedArrayBuffer(HOLD_BYTES) });
    const { head } = table.memory;
    [head[LIMIT_HEAD.KEY_LOW], head[LIMIT_HEAD.KEY_HIGH]] = key;
    agreeOn(table.memory.cluster, terms);
    return table;
  }

  get key(): readonly [number, number] {
    const { head } = this.memory;
    return [head[LIMIT_HEAD.KEY_LOW] ?? 0, head[LIMIT_HEAD.KEY_HIGH] ?? 0];
  }

  /** For an isolate: the limit's number, made if it is new; `OVER_LIMIT`: there are `most`. */
  hold(name: string, rule: LimitRule, most: number): number {
    return this.#lock.locked(() => {
      const id = this.#names.idOf(name, rule, most);
      if (id > 0) this.#names.hold(id, 1);
      return id;
    });
  }

  /** For isolates of a tenant that may have so many. @param worker  whose requests they serve */
  source(most: number, worker: () => number) {
    return {
      buffer: this.buffers.limits,
      hold: (name: string, rule: LimitRule) => this.hold(name, rule, most),
      release: (ids: Iterable<number>) => this.release(ids),
      enter: (key: HeldKey, limit: number) => this.enter(key, limit, worker()),
    };
  }

  /** A request of that worker's holds the key from now on; null: it may not. */
  enter(key: HeldKey, limit: number, worker: number): Hold | null {
    const hold = this.holds.enter(key, worker, limit);
    Atomics.add(this.memory.totals, 2 * (key.id - 1) + (hold === null ? 1 : 0), 1n);
    return hold;
  }

  /** The isolate is gone. */
  release(ids: Iterable<number>): void {
    this.#lock.locked(() => {
      for (const id of ids) this.#names.hold(id, -1);
    });
  }

  /** The number of that limit, which need not have a holder. */
  idOf(name: string, rule: LimitRule, most: number): number {
    return this.#lock.locked(() => this.#names.idOf(name, rule, most));
  }

  /** Looks at every slot, which takes milliseconds. */
  list(): LimitSummary[] {
    const slots = this.slots.countByLimit();
    const held = this.hasInFlight ? this.holds.totals() : [];
    return this.#names.ids().map((id) => {
      const { keys, requests } = held[id] ?? { keys: 0, requests: 0 };
      return { ...this.#summary(id), keys: (slots[id] ?? 0) + keys, inFlight: requests };
    });
  }

  /** What requests under way hold of each in-flight limit. */
  inFlight(): [name: string, count: number][] {
    const held = this.hasInFlight ? this.holds.totals() : [];
    const ids = this.#names.ids().filter((id) => isInFlight(ruleOf(this.memory, id)));
    return ids.map((id) => [this.nameOf(id), held[id]?.requests ?? 0]);
  }

  totals(): LimitTotals[] {
    return this.#names.ids().map((id) => this.#summary(id));
  }

  /** Slots that were taken from keys that had counted, for want of room. */
  get evicted(): bigint {
    return Atomics.load(this.memory.totals, EVICTED);
  }

  /** Null: there is no such limit. */
  standing(name: string, key: string): LimitStanding | null {
    const [id] = this.#names.all(name);
    if (id === undefined) return null;
    const rule = ruleOf(this.memory, id);
    const seed = seedOf(this.memory, name, rule);
    if (isInFlight(rule)) return this.#heldBy(hashOf(seed, key), rule);
    const decision = newDecision(this.memory, rule);
    const { ms, parts } = machineTime();
    Object.assign(decision, { nowMs: ms, nowParts: parts });
    if (lookAt({ id, seed }, key, decision)) {
      const { isAllowed, remaining, retryAfterMs } = decision;
      // as it is before the request that was asked for
      return { isAllowed, remaining: remaining + (isAllowed ? 1 : 0), retryAfterMs };
    }
    return { isAllowed: true, remaining: rule.burst, retryAfterMs: 0 };
  }

  #heldBy({ low, high }: Words, { limit }: LimitRule): LimitStanding {
    const remaining = Math.max(0, limit - this.holds.countOf(low, high));
    return { isAllowed: remaining > 0, remaining, retryAfterMs: 0 };
  }

  /** Nothing is counted of that key, or of any of the limit's: null. False: no such limit. */
  reset(name: string, key: string | null): boolean {
    const ids = this.#names.all(name);
    for (const id of ids) this.#forget(id, key);
    return ids.length > 0;
  }

  #forget(id: number, key: string | null): void {
    const rule = ruleOf(this.memory, id);
    const seed = seedOf(this.memory, this.nameOf(id), rule);
    if (isInFlight(rule)) this.holds.clear(id, key === null ? null : hashOf(seed, key));
    else if (key === null) this.slots.clear(id);
    else this.slots.clearKey({ id, seed }, key, rule);
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
    if (this.#names.ids().length === 0) return { evicted: 0, groups: [] };
    const [live, held] = [() => this.slots.live(), () => this.holds.list()];
    return limitNewsOf({ ...this.#told, live, held });
  }

  /** What requests of all workers hold, and nothing else. */
  heldNews(): LimitNews {
    const held = this.hasInFlight ? this.holds.list() : [];
    return limitNewsOf({ ...this.#told, live: () => [], held: () => held });
  }

  /** What requests of that worker hold. Null: no limit here is one of requests in flight. */
  heldBy(worker: number): LimitNews | null {
    if (!this.hasInFlight) return null;
    const held = this.holds.list().filter(({ note }) => note.worker === worker);
    return limitNewsOf({ ...this.#told, live: () => [], held: () => held });
  }

  readonly #told = {
    nameOf: (id: number) => this.nameOf(id),
    ruleOf: (id: number) => ruleOf(this.memory, id),
  };

  get hasInFlight(): boolean {
    return this.#names.ids().some((id) => isInFlight(ruleOf(this.memory, id)));
  }

  #summary(id: number): LimitTotals {
    const at = 2 * (id - 1);
    const { totals } = this.memory;
    const [allowed, refused] = [Atomics.load(totals, at), Atomics.load(totals, at + 1)];
    return { id, name: this.nameOf(id), rule: ruleOf(this.memory, id), allowed, refused };
  }

  /** Empty: there is none of that number. */
  nameOf(id: number): string {
    return this.#names.of(id);
  }
}

export const newKey = (): [number, number] => {
  const bytes = randomBytes(8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
};

// What this proxy has told of the keys of limits of all proxies: which it is to tell of next, so
// that every limit has its turn and every key of it, and which have lost their place here, as those
// of others came. What is remembered is no more than there are places.

import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import type { LimitTable, LimitTotals } from "../../state/limit-table.ts";
import { hasSlot, type LimitUse, usesOf } from "../../state/limit-uses.ts";

/** A limit of all proxies, as this one has it. */
export interface OwnLimit extends LimitTotals {
  readonly tenant: string;
  readonly table: LimitTable;
}

export interface OwnUse extends LimitUse {
  readonly limit: OwnLimit;
}

export interface Untold {
  readonly uses: OwnUse[];
  /** False: there are more of them. */
  readonly isAll: boolean;
}

/** A use that was told; without what others make of it. */
type ToldUse = Pick<LimitUse, "low" | "high" | "slot" | "number" | "used">;

class ToldLimit {
  /** As it was when it was there last. */
  limit: OwnLimit;
  /** What it had let through when all of its keys had been looked at last. */
  seen = -1n;
  /** Where the next look at its keys begins. */
  from = 0;
  readonly told = new Map<string, ToldUse>();

  constructor(limit: OwnLimit) {
    this.limit = limit;
  }
}

interface Open {
  readonly limit: OwnLimit;
  readonly known: ToldLimit;
  readonly uses: Generator<LimitUse>;
}

export class ToldUses {
  readonly #limits = new Map<string, ToldLimit>();
  /** The limit that comes first the next time. */
  #first = "";

  /** Nobody knows what of it the engine has. */
  clear(): void {
    this.#limits.clear();
  }

  /** @param isLook  with keys of which nothing may be let through: somebody may have reset them */
  next(limits: readonly OwnLimit[], isLook: boolean): Untold {
    const inTurn = this.#inTurn(limits);
    let open = this.#open(inTurn, isLook);
    const uses: OwnUse[] = [];
    const each = Math.max(1, Math.floor(CLUSTER_LIMITS.usesAtOnce / Math.max(1, open.length)));
    let [, first] = inTurn;
    while (open.length > 0 && uses.length < CLUSTER_LIMITS.usesAtOnce) {
      let isFull = false;
      open = open.filter((one) => {
        const room = Math.min(each, CLUSTER_LIMITS.usesAtOnce - uses.length);
        // who finds no room comes first the next time: there may be more limits than room for keys
        if (room === 0 && !isFull) first = one.limit;
        isFull ||= room === 0;
        return isFull || !this.#take(one, { room, isLook, uses });
      });
    }
    this.#first = first === undefined ? "" : keyOf(first);
    return { uses, isAll: open.length === 0 };
  }

  told({ limit, low, high, slot, number, used }: OwnUse): void {
    this.#of(limit).told.set(nameOf({ low, high, number }), { low, high, slot, number, used });
  }

  /**
   * Those that have no place here any more, and are forgotten, what is over with them: keys that
   * others came for, and all of a limit that no script has any more, or has with other windows.
   */
  evicted(limits: readonly OwnLimit[], engineMs: number): OwnUse[] {
    const evicted: OwnUse[] = [];
    const here = new Set(limits.map(keyOf));
    for (const [key, { limit, told }] of this.#limits) {
      for (const [name, use] of told) {
        const isOver = (use.number + 1) * limit.rule.windowMs < engineMs;
        const isHere = !isOver && here.has(key) && hasSlot(limit.table.memory, limit, use);
        if (isHere) continue;
        told.delete(name);
        if (!isOver) evicted.push({ ...use, most: 0, limit });
      }
      if (!here.has(key)) this.#limits.delete(key);
    }
    return evicted;
  }

  #inTurn(limits: readonly OwnLimit[]): OwnLimit[] {
    const first = Math.max(
      0,
      limits.findIndex((limit) => keyOf(limit) === this.#first),
    );
    return [...limits.slice(first), ...limits.slice(0, first)];
  }

  /** Those that may have something to tell. */
  #open(limits: readonly OwnLimit[], isLook: boolean): Open[] {
    return limits.flatMap((limit) => {
      const known = this.#of(limit);
      if (!isLook && known.seen === limit.allowed) return [];
      return [{ limit, known, uses: usesOf(limit.table.memory, limit, known.from) }];
    });
  }

  /** True: there are no more of it. */
  #take(
    { limit, known, uses }: Open,
    into: { readonly room: number; readonly isLook: boolean; readonly uses: OwnUse[] },
  ): boolean {
    for (let taken = 0; taken < into.room; ) {
      const { value: use, done } = uses.next();
      if (done === true || use === undefined) {
        known.seen = limit.allowed;
        return true;
      }
      const isTold = known.told.get(nameOf(use))?.used === use.used;
      if (isTold && !(into.isLook && use.used >= use.most)) continue;
      into.uses.push({ ...use, limit });
      known.from = use.slot + 1;
      taken++;
    }
    return false;
  }

  #of(limit: OwnLimit): ToldLimit {
    const key = keyOf(limit);
    const known = this.#limits.get(key) ?? new ToldLimit(limit);
    known.limit = limit;
    this.#limits.set(key, known);
    return known;
  }
}

/** Its number may be another limit's by and by. */
const keyOf = ({ tenant, name, rule }: Pick<OwnLimit, "tenant" | "name" | "rule">): string =>
  `${tenant} ${rule.windowMs} ${name}`;

const nameOf = ({ low, high, number }: Pick<LimitUse, "low" | "high" | "number">): string =>
  `${low} ${high} ${number}`;

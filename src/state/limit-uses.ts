// What this proxy has let through of the keys of limits of all proxies, as it is told, and what it
// may let through, as it is heard (wire/limits/cluster.ts).

import { machineMs } from "../base/clock.ts";
import { ALGORITHM } from "../wire/limits/algorithms.ts";
import { engineMs } from "../wire/limits/cluster.ts";
import { type LimitMemory, RINGS, SLOTS_IN_BUCKET } from "../wire/limits/layout.ts";
import { checkOf, idOf, slotHash } from "../wire/limits/slots.ts";
import { readState, stateOf } from "../wire/limits/state.ts";
import { hashOf, seedOf } from "../wire/limits/take.ts";
import type { SlotNote } from "./limit-slots.ts";
import type { LimitTable, LimitTotals } from "./limit-table.ts";

/** A key, as slots know it: the hash, without the number of the limit. */
export interface UseKey {
  readonly low: number;
  readonly high: number;
}

export interface LimitPlace extends UseKey {
  /** Index of the slot that the key was found in. */
  readonly slot: number;
}

export interface LimitUse extends LimitPlace {
  /** Of the window. */
  readonly number: number;
  /** Let through here. */
  readonly used: number;
  /** What may be, as was heard; 0: nothing was. */
  readonly most: number;
}

export type ClusterLimit = Pick<LimitTotals, "id" | "name" | "rule">;

export const isOfAll = ({ rule }: ClusterLimit): boolean =>
  rule.algorithm === ALGORITHM.clusterWindow;

export function clusterLimits(table: LimitTable): LimitTotals[] {
  return table.totals().filter(isOfAll);
}

/**
 * Keys of which something was let through in the window that it is now.
 *
 * @param from  index of the slot to begin with; behind the last one comes the first
 */
export function* usesOf(
  memory: LimitMemory,
  { id, rule }: ClusterLimit,
  from = 0,
): Generator<LimitUse> {
  const { slots, halves, cluster } = memory;
  const now = Math.floor(engineMs(cluster, machineMs()) / rule.windowMs);
  const state = { time: 0, low: 0, check: 0 };
  for (let i = 0; i < SLOTS; i++) {
    const slot = (from + i) % SLOTS;
    const at = atOf(slot);
    const tag = { low: halves[2 * at] ?? 0, high: halves[2 * at + 1] ?? 0 };
    if (idOf(tag) !== id) continue;
    readState(Atomics.load(slots, at + 1), state);
    const { time: number, low: used } = state;
    // a cell may say anything, and a clock may have been set back by a part of a window
    const isNow = number === now || number === now + 1;
    if (!isNow || used === 0 || state.check !== checkOf(tag)) continue;
    readState(Atomics.load(slots, at + 2), state);
    const most = state.time === number ? state.low : 0;
    yield { low: tag.low & ~255, high: tag.high, number, used, most, slot };
  }
}

/** Whether the key still has the slot: others may have come, and taken it. */
export function hasSlot({ halves }: LimitMemory, { id }: ClusterLimit, use: LimitPlace): boolean {
  const at = atOf(use.slot);
  return halves[2 * at] === (use.low | id) && halves[2 * at + 1] === use.high;
}

const SLOTS = RINGS.buckets * SLOTS_IN_BUCKET;
const atOf = (slot: number): number => RINGS.at + slot * RINGS.words;

/** A note of nothing but what may be let through of a key. */
export function allowance({ low, high, number }: LimitUse, most: number): SlotNote {
  const words = new Array<bigint>(RINGS.words - 1).fill(0n);
  words[1] = stateOf(number, most, checkOf({ low, high }));
  return { low, high, words };
}

/** Where a key of a limit is found. */
export function useKeyOf(table: LimitTable, { name, rule }: ClusterLimit, key: string): UseKey {
  return slotHash(hashOf(seedOf(table.memory, name, rule), key));
}

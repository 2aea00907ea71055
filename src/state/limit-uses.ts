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

export interface LimitUse extends UseKey {
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

/** Keys of which something was let through in the window that it is now. */
export function* usesOf(memory: LimitMemory, { id, rule }: ClusterLimit): Generator<LimitUse> {
  const { slots, halves, cluster } = memory;
  const now = Math.floor(engineMs(cluster, machineMs()) / rule.windowMs);
  const end = RINGS.at + RINGS.buckets * SLOTS_IN_BUCKET * RINGS.words;
  const state = { time: 0, low: 0, check: 0 };
  for (let at = RINGS.at; at < end; at += RINGS.words) {
    const tag = { low: halves[2 * at] ?? 0, high: halves[2 * at + 1] ?? 0 };
    if (idOf(tag) !== id) continue;
    readState(Atomics.load(slots, at + 1), state);
    const { time: number, low: used } = state;
    if (number < now || used === 0 || state.check !== checkOf(tag)) continue;
    readState(Atomics.load(slots, at + 2), state);
    const most = state.time === number ? state.low : 0;
    yield { low: tag.low & ~255, high: tag.high, number, used, most };
  }
}

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

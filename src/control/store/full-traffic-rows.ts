// Which versions had all of a tenant's traffic, in the order in which they last got it: where a
// rollback goes. A version that was taken back is not among them, nor one that never had all of it.
//
//   1 ─▶ 2 ─▶ 3        rollback: 3 falls out, 2 serves      1 ─▶ 2
//   1 ─▶ 2, 3 at 10 %  rollback: 3 never was in it          1 ─▶ 2

import type { Steps } from "./steps.ts";
import type { FullTraffic, NextTraffic, Traffic } from "./store.ts";
import type { Tables } from "./tables.ts";

export interface FullTrafficRow extends FullTraffic {
  /** The version that had all traffic last has the highest. */
  readonly order: number;
}

/** The latest first. */
export function* listFullTraffic(tables: Tables, tenant: string): Steps<FullTrafficRow[]> {
  const rows = yield* tables.fullTraffic.list("WHERE tenant = ? ORDER BY turn DESC", [tenant]);
  return rows.map((row) => ({
    version: row.integer("version"),
    order: row.integer("turn"),
    sinceMs: row.integer("since_ms"),
  }));
}

interface TrafficChange {
  readonly before: Traffic | null;
  readonly next: NextTraffic;
  /** Those that are there, the latest first. */
  readonly full: readonly FullTrafficRow[];
  /** By the engine's clock: another proxy may judge a version by it. */
  readonly nowMs: number;
}

/** In the transaction that changes the traffic. Results in those that are there then. */
export function* noteFullTraffic(
  tables: Tables,
  tenant: string,
  change: TrafficChange,
): Steps<readonly FullTrafficRow[]> {
  const { before, next, nowMs } = change;
  let { full } = change;
  const add = function* (traffic: Traffic): Steps<void> {
    const row = added(full, traffic, nowMs);
    if (row === null) return;
    const { version, order, sinceMs } = row;
    full = [row, ...full.filter((one) => one.version !== version)];
    yield* tables.fullTraffic.put({ tenant, version, turn: order, since_ms: sinceMs });
  };
  // a store of an earlier release does not have what served when it was opened
  if (before !== null) yield* add(before);
  if (next.isRollback) {
    const lost = takenBack(full, before, next);
    for (const { version } of lost) yield* tables.fullTraffic.erase(tenant, version);
    full = full.filter((one) => !lost.includes(one));
  }
  yield* add(next);
  return full;
}

/** Null: nothing has all of the traffic that had not before. */
function added(
  full: readonly FullTrafficRow[],
  traffic: Traffic,
  nowMs: number,
): FullTrafficRow | null {
  const version = wholeOf(traffic);
  const [latest] = full;
  if (version === null || latest?.version === version) return null;
  const known = full.find((one) => one.version === version);
  return { version, order: (latest?.order ?? 0) + 1, sinceMs: known?.sinceMs ?? nowMs };
}

/** What loses its traffic, and all that came after the version that gets all of it. */
function takenBack(
  full: readonly FullTrafficRow[],
  before: Traffic | null,
  next: NextTraffic,
): readonly FullTrafficRow[] {
  const whole = wholeOf(next);
  const target = full.find(({ version }) => version === whole)?.order ?? Infinity;
  const served = servingOf(before);
  const serves = servingOf(next);
  return full.filter(
    ({ version, order }) => (served.has(version) && !serves.has(version)) || order > target,
  );
}

const servingOf = (traffic: Traffic | null): ReadonlySet<number> =>
  new Set(
    (traffic?.versions ?? []).filter(({ percent }) => percent > 0).map(({ version }) => version),
  );

const wholeOf = ({ versions }: Traffic): number | null =>
  versions.find(({ percent }) => percent === 100)?.version ?? null;

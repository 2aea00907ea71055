// Which versions had all of a tenant's traffic, in the order in which they last got it: where a
// rollback goes. A version that was taken back is not among them, nor one that never had all of it.
//
//   1 ─▶ 2 ─▶ 3        rollback: 3 falls out, 2 serves      1 ─▶ 2
//   1 ─▶ 2, 3 at 10 %  rollback: 3 never was in it          1 ─▶ 2

import type { Steps } from "./steps.ts";
import type { FullTraffic, NextTraffic, Traffic } from "./store.ts";
import type { Tables } from "./tables.ts";

interface FullTrafficRow extends FullTraffic {
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
}

/** In the transaction that changes the traffic. */
export function* noteFullTraffic(
  tables: Tables,
  tenant: string,
  { before, next }: TrafficChange,
): Steps<void> {
  // a store of an earlier release does not have what served when it was opened
  if (before !== null) yield* add(tables, tenant, before);
  if (next.isRollback) yield* takeBack(tables, tenant, { before, next });
  yield* add(tables, tenant, next);
}

function* add(tables: Tables, tenant: string, traffic: Traffic): Steps<void> {
  const version = wholeOf(traffic);
  const rows = yield* listFullTraffic(tables, tenant);
  const [latest] = rows;
  if (version === null || latest?.version === version) return;
  const known = rows.find((one) => one.version === version);
  const order = (latest?.order ?? 0) + 1;
  const since_ms = known?.sinceMs ?? Date.now();
  yield* tables.fullTraffic.put({ tenant, version, turn: order, since_ms });
}

/** What loses its traffic, and all that came after the version that gets all of it. */
function* takeBack(tables: Tables, tenant: string, { before, next }: TrafficChange): Steps<void> {
  const rows = yield* listFullTraffic(tables, tenant);
  const whole = wholeOf(next);
  const target = rows.find(({ version }) => version === whole)?.order ?? Infinity;
  const served = servingOf(before);
  const serves = servingOf(next);
  for (const { version, order } of rows) {
    const isLost = served.has(version) && !serves.has(version);
    if (isLost || order > target) yield* tables.fullTraffic.remove(tenant, version);
  }
}

const servingOf = (traffic: Traffic | null): ReadonlySet<number> =>
  new Set(
    (traffic?.versions ?? []).filter(({ percent }) => percent > 0).map(({ version }) => version),
  );

const wholeOf = ({ versions }: Traffic): number | null =>
  versions.find(({ percent }) => percent === 100)?.version ?? null;

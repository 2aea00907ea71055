// Flags, secrets and counters as the API reaches them, with nobody who runs scripts.

import { pino } from "pino";
import type { SqlStore } from "../../../src/control/store/sql-store.ts";
import { DurableState } from "../../../src/fleet/main/durable-state.ts";
import { MemoryCaches } from "../../../src/state/memory-caches.ts";

export const accessTo = (store: SqlStore): DurableState["access"] => durableOf(store).access;

export function durableOf(store: SqlStore): DurableState {
  const feed = { begin: () => ({ [Symbol.dispose]() {} }) };
  const logger = pino({ enabled: false });
  const alone = { shared: null, limitSeed: Buffer.alloc(8) };
  const options = { store, ...alone, logger, feed, workers: 1 };
  const inherited = { limits: [], run: null, groups: [], caches: new MemoryCaches() };
  return new DurableState(options, inherited);
}

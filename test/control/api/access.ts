// Flags, secrets and counters as the API reaches them, with nobody who runs scripts.

import { pino } from "pino";
import type { SqlStore } from "../../../src/control/store/sql-store.ts";
import { DurableState } from "../../../src/fleet/main/durable-state.ts";
import { MemoryCaches } from "../../../src/state/memory-caches.ts";

export function accessTo(store: SqlStore): DurableState["access"] {
  const feed = { begin: () => ({ [Symbol.dispose]() {} }) };
  const options = { store, logger: pino({ enabled: false }), feed, workers: 1 };
  const inherited = { limits: [], groups: [], caches: new MemoryCaches() };
  return new DurableState(options, inherited).access;
}

// Flags, secrets and counters as the API reaches them, with nobody who runs scripts.

import { pino } from "pino";
import type { SqliteStore } from "../../../src/control/store/sqlite-store.ts";
import { Keeping } from "../../../src/fleet/main/keeping.ts";

export function accessTo(store: SqliteStore): Keeping["access"] {
  return new Keeping({ store, logger: pino({ enabled: false }) }).access;
}

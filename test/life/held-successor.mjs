// Preloaded into a proxy by a test: its successor starts once the file HOLD_SUCCESSOR is there, and
// leaves its exit status beside it.

import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";

const { HOLD_SUCCESSOR = "", SLUICE_SUCCEEDS } = process.env;

if (isMainThread && SLUICE_SUCCEEDS !== undefined) {
  process.on("exit", (status) => writeFileSync(`${HOLD_SUCCESSOR}.status`, String(status)));
  while (!existsSync(HOLD_SUCCESSOR)) await wait(10);
}

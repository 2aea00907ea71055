// How long to wait after failures in a row. Authorities bound failures by name and hour, and what
// is wrong is mostly wrong for long: a record that is not set, a port that is closed.

import { LIMITS } from "../../../base/limits.ts";

/** @param random  from 0 to 1: names that failed together are not tried together */
export function backOffMs(failures: number, random: number): number {
  const doubled = LIMITS.acmeBackOffMs * 2 ** Math.min(failures - 1, 30);
  return Math.min(doubled, LIMITS.acmeBackOffMaxMs) * (0.75 + random / 2);
}

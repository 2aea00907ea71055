// Deployments by the thousand, in either lane: memory stays where it was.

import { test } from "node:test";
import { deployMany } from "../support/deploy-many.ts";

/** A quarter of a second each, and a busy machine. */
const LONG_MS = 2 * 3_600_000;
const MUCH = { deployments: 3_000, connections: 2 };

for (const isolation of ["inline", "process"] as const) {
  test(
    `3,000 deployments leave resident memory where it was, isolation ${isolation}`,
    { timeout: LONG_MS },
    (context) => deployMany(isolation, (figures) => context.diagnostic(figures), MUCH),
  );
}

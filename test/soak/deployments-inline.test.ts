// Many deployments under load, isolation inline.

import { test } from "node:test";
import { deployMany, LONG_MS } from "../support/deploy-many.ts";

test(
  "200 deployments under load lose nothing and keep no memory",
  { timeout: LONG_MS },
  (context) => deployMany("inline", (figures) => context.diagnostic(figures)),
);

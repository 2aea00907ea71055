// Many kills of the whole proxy in the middle of deployments.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killWhileDeploying } from "../support/deploy-kills.ts";
import { LONG_MS } from "../support/deploy-many.ts";

test("50 kills in the middle of deployments lose nothing that was acknowledged", {
  timeout: LONG_MS,
}, async () => {
  assert.deepEqual(await killWhileDeploying(50), []);
});

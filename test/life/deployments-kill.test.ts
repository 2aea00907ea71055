// kill -9 in the middle of deployments: what was acknowledged is there, and serves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killWhileDeploying } from "../support/deploy-kills.ts";

test("a proxy that is killed while it deploys has lost nothing that it acknowledged", {
  timeout: 240_000,
}, async () => {
  assert.deepEqual(await killWhileDeploying(4), []);
});

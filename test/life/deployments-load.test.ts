// Deployments one after the other under load: no request fails, none sees two versions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deployUnderLoad } from "../support/deploy-load.ts";

test("20 deployments under load fail no request and mix no versions", {
  timeout: 240_000,
}, async () => {
  const { answered, failures, mixed, versions } = await deployUnderLoad({
    deployments: 20,
    connections: 16,
    isolation: "inline",
  });
  assert.deepEqual([failures, mixed], [[], []]);
  assert.ok(answered > 0);
  assert.equal(versions.at(-1), 20, "the last one serves");
});

// A ctx with a million keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a ctx with a million keys fails, by its size or by the script's time, and alone", async () => {
  await using tenants = await TwoTenants.start(
    `newCtx: () => ({ all: {} }),
    requestFilter(_session, ctx) {
      for (let i = 0; i < 1e6; i++) ctx.all["key" + i] = i;
    },
    logging() {}`,
    { limits: { hookMs: 1_000, memoryMiB: 256 } },
  );
  for (const answer of await tenants.attackBesideNeighbour(2)) {
    assert.equal(answer.status, 500);
    assert.match(answer.body, /script_(ctx|result|timeout|error)/);
  }
  await tenants.memoryComesBack();
});

// A ctx that is nested a million deep.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a ctx nested a million deep is refused with its path", async () => {
  await using tenants = await TwoTenants.start(
    `newCtx: () => ({ inner: null }),
    requestFilter(_session, ctx) {
      let inner = null;
      for (let i = 0; i < 1e6; i++) inner = { inner };
      ctx.inner = inner;
    }`,
    { limits: { hookMs: 10_000 } },
  );
  for (const answer of await tenants.attackBesideNeighbour(4)) {
    assert.equal(answer.status, 500);
    assert.match(answer.body, /script_ctx/);
  }
  await tenants.proxy.waitFor(({ msg }) => /nested over 64 deep/.test(msg ?? ""));
  await tenants.memoryComesBack();
});

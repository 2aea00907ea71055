// Timers by the million.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a flood of timers is refused with a RangeError, and the flooder alone fails", async () => {
  await using tenants = await TwoTenants.start(
    `async requestFilter() { for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6); }`,
    { limits: { hookMs: 10_000 } },
  );
  for (const answer of await tenants.attackBesideNeighbour(4)) {
    assert.equal(answer.status, 500);
    assert.match(answer.body, /script_error/);
  }
  await tenants.proxy.waitFor(({ msg }) => /RangeError: too many/.test(msg ?? ""));
  await tenants.memoryComesBack();
});

test("a timer that sets itself anew for ever ends with its hook", async () => {
  await using tenants = await TwoTenants.start(
    `async requestFilter() {
      await new Promise(() => { const again = () => setTimeout(again, 0); again(); });
    }`,
    { limits: { hookMs: 5_000, hookWallMs: 300 } },
  );
  for (const answer of await tenants.attackBesideNeighbour(4)) {
    assert.match(answer.body, /script_timeout/);
  }
});

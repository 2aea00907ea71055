// memoryCache used without measure, in the lane that shares its thread with connections.

import assert from "node:assert/strict";
import { test } from "node:test";
import { attack as flood } from "./attacks/cache-flood.ts";
import { attack as loader } from "./attacks/cache-loader.ts";
import { attack as names } from "./attacks/cache-names.ts";
import { TwoTenants } from "./two-tenants.ts";

for (const { title, hooks, before = "", limits = {}, expected } of [flood, loader, names]) {
  test(title, async () => {
    await using tenants = await TwoTenants.start(hooks, { before, limits });
    for (const { status, body } of await tenants.attackBesideNeighbour(2)) {
      assert.match(`${status} ${body}`, expected);
    }
  });
}

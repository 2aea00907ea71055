// Counters that are set by hand: a tenant makes no more of them than its script may.

import assert from "node:assert/strict";
import { it } from "node:test";
import { ApiStand, settings } from "./stand.ts";

it("a tenant's token makes as many counters as its tenant may have, and sets those", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop", { ...settings("shop.example.com"), limits: { counters: 2 } });
  const token = await stand.token("deployer", "shop");
  const put = (name: string, value: number) =>
    stand.call("PUT", `/v1/tenants/shop/counters/${name}`, { token, body: { value } });
  assert.equal((await put("a", 1)).status, 200);
  assert.equal((await put("b", 2)).status, 200);
  const refused = await put("c", 3);
  assert.equal(refused.status, 409);
  const detail = "Tenant shop has 2 counters of at most 2 (limits.counters).";
  assert.equal(refused.json().detail, detail);
  assert.equal((await put("a", 4)).status, 200);
});

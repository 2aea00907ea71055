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

it("a counter that is deleted counts nothing, and makes room for another one", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop", { ...settings("shop.example.com"), limits: { counters: 1 } });
  const path = "/v1/tenants/shop/counters";
  const put = async (name: string) =>
    (await stand.call("PUT", `${path}/${name}`, { body: { value: 7 } })).status;
  assert.equal(await put("old"), 200);
  assert.equal(await put("new"), 409);
  const reader = await stand.token("reader", "shop");
  const forbidden = await stand.call("DELETE", `${path}/old`, { token: reader });
  assert.equal(forbidden.status, 403);
  assert.equal((await stand.call("DELETE", `${path}/old`)).status, 204);
  assert.deepEqual((await stand.call("GET", path)).json(), { counters: [] });
  assert.deepEqual(await stand.store.counters(), []);
  assert.equal((await stand.call("DELETE", `${path}/old`)).status, 404);
  assert.equal(await put("new"), 200);
  const [line] = (await stand.store.audit({ tenant: "shop" }, { before: null, limit: 5 })).filter(
    ({ action }) => action === "counter.delete",
  );
  assert.deepEqual([line?.target, line?.detail], ["counter old", { value: 7 }]);
});

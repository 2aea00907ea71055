// Taking a tenant back whose processes died too often.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiStand } from "./stand.ts";

test("a tenant whose processes died too often serves again when it is enabled, once", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  stand.live.died.add("shop");
  const page = await stand.call("GET", "/v1/tenants/shop/deployments");
  assert.match(page.text, /"processes":\{"breaker":"open","isAlone":true\}/);
  const enabled = await stand.call("POST", "/v1/tenants/shop/enable", { body: {} });
  assert.deepEqual([enabled.status, enabled.json()], [200, { version: 0 }]);
  assert.equal(stand.live.died.has("shop"), false);
  const again = await stand.call("POST", "/v1/tenants/shop/enable", { body: {} });
  assert.equal(again.status, 404, again.text);
  const audit = await stand.call("GET", "/v1/audit");
  assert.match(audit.text, /"tenant\.enable"/);
});

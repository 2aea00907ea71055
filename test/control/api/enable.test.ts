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

test("what cannot be enabled puts no processes back into service either", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  await stand.call("POST", "/v1/tenants/shop/deployments", {
    body: { files: { "main.ts": "export default {};" } },
  });
  stand.live.died.add("shop");
  const enable = async (version: number) =>
    await stand.call("POST", "/v1/tenants/shop/enable", { body: { version } });
  const missing = await enable(999);
  assert.equal(missing.status, 404, missing.text);
  assert.equal(stand.live.died.has("shop"), true);
  stand.live.refusal = { ok: false, step: "prepare", isTimeout: true, problems: ["too slow"] };
  assert.equal((await enable(1)).status, 504);
  assert.equal(stand.live.died.has("shop"), true);
  stand.live.refusal = null;
  assert.equal((await enable(1)).status, 200);
  assert.equal(stand.live.died.has("shop"), false);
});

test("while another process takes over, changes of what serves are to come again", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  const files = (n: number) => ({ "main.ts": `export default {}; export const n = ${n};` });
  for (const n of [1, 2]) {
    await stand.call("POST", "/v1/tenants/shop/deployments", { body: { files: files(n) } });
  }
  stand.live.refusal = { ok: false, step: "closed", isTimeout: false, problems: ["a handover"] };
  const versions = [{ version: 1, percent: 100 }];
  for (const [method, path, body] of [
    ["POST", "deployments", { files: files(3) }],
    ["POST", "rollback", {}],
    ["PUT", "traffic", { versions }],
    ["POST", "enable", { version: 1 }],
  ] as const) {
    const answered = await stand.call(method, `/v1/tenants/shop/${path}`, { body });
    assert.equal(answered.status, 503, `${path}: ${answered.text}`);
    assert.equal(answered.headers.get("retry-after"), "5");
    assert.match(answered.text, /a handover/);
  }
});

// A tenant's token tries what is not its own: every field of its settings, every other tenant.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tenantJsonSchema } from "../../../src/base/config/tenant.ts";
import { ApiStand, fieldsOf, settings } from "./stand.ts";

/** Every key that a tenant has, each with a value that an operator could give it. */
const KEYS = ((): string[] => {
  const schema = tenantJsonSchema();
  assert.ok("properties" in schema);
  return Object.keys(Object(schema.properties));
})();

const everything = async (stand: ApiStand): Promise<unknown> => ({
  tenants: await stand.store.tenants(),
  live: stand.live.tenants(),
  tokens: (await stand.store.tokens()).length,
  audit: (await stand.store.audit({ tenant: null }, { before: null, limit: 100 })).length,
});

describe("a tenant's token", () => {
  it("sets no field of its tenant, and hears which it tried", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    const token = await stand.token("deployer", "shop");
    const before = await everything(stand);
    assert.ok(KEYS.includes("hosts") && KEYS.includes("upstreams") && KEYS.includes("egress"));
    for (const key of KEYS) {
      const body = {
        ...settings("shop.example.com"),
        [key]: settings("evil.test")[key as "hosts"] ?? {},
      };
      const put = await stand.call("PUT", "/v1/tenants/shop", { token, body });
      assert.equal(put.status, 403, key);
      assert.ok(fieldsOf(put).includes(key), key);
      assert.match(put.json().detail ?? "", /an operator, got one of a deployer/);
    }
    assert.equal((await stand.call("DELETE", "/v1/tenants/shop", { token })).status, 403);
    assert.deepEqual(await everything(stand), before);
  });

  it("makes no token, for nobody", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    const token = await stand.token("deployer", "shop");
    const before = await everything(stand);
    for (const body of [{ role: "operator" }, { role: "reader", tenant: "shop" }]) {
      const made = await stand.call("POST", "/v1/tokens", { token, body });
      assert.deepEqual([made.status, fieldsOf(made)], [403, Object.keys(body)]);
    }
    assert.equal((await stand.call("GET", "/v1/tokens", { token })).status, 403);
    assert.equal((await stand.call("GET", "/v1/audit", { token })).status, 403);
    assert.deepEqual(await everything(stand), before);
  });

  it("cannot tell a tenant of someone else from one that is not there", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    await stand.make("rival", settings("rival.example.com"));
    const before = await stand.store.tenant("rival");
    for (const role of ["reader", "deployer"] as const) {
      const token = await stand.token(role, "shop");
      for (const [method, body] of [["GET"], ["PUT", settings("x.test")], ["DELETE"]] as const) {
        const ask = (name: string) => stand.call(method, `/v1/tenants/${name}`, { token, body });
        const [theirs, filed, none] = [await ask("rival"), await ask("filed"), await ask("none")];
        assert.equal(theirs.status, method === "GET" ? 404 : 403);
        assert.deepEqual([theirs.status, theirs.text], [none.status, none.text]);
        assert.deepEqual([filed.status, filed.text], [none.status, none.text]);
        assert.doesNotMatch(theirs.text, /rival/);
      }
    }
    assert.deepEqual(await stand.store.tenant("rival"), before);
  });

  it("hears whose it is where it asks for another tenant", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    const token = await stand.token("reader", "shop");
    const { status, json } = await stand.call("GET", "/v1/tenants/filed", { token });
    const said = "There is no such tenant for this token, which is one of tenant shop.";
    assert.deepEqual([status, json().detail], [404, said]);
  });

  it("reads its own tenant, in any spelling of the method alone", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    const token = await stand.token("reader", "shop");
    assert.equal((await stand.call("GET", "/v1/tenants/shop", { token })).status, 200);
    assert.equal((await stand.call("HEAD", "/v1/tenants/shop", { token })).status, 200);
    for (const path of [
      "/v1/tenants",
      "/v1/tenants/SHOP",
      "/v1/tenants/shop%00",
      "/v1/tenants/shop/",
    ]) {
      const { status } = await stand.call("GET", path, { token });
      assert.ok(status === 403 || status === 404, `${path}: ${status}`);
    }
  });
});

describe("an operator's token", () => {
  it("hears which tenants there are where it asks for one that is not", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    for (const path of ["", "/flags", "/deployments"]) {
      const { status, json } = await stand.call("GET", `/v1/tenants/shopp${path}`);
      const said = "There is no tenant shopp. Those that there are: filed, shop.";
      assert.deepEqual([status, json().detail], [404, said], path);
    }
  });

  it("hears how to list them where they are many", async () => {
    await using stand = await ApiStand.start();
    for (let i = 0; i < 10; i++) await stand.make(`t${i}`);
    const { detail } = (await stand.call("GET", "/v1/tenants/shopp/flags")).json();
    const said = "GET /v1/tenants lists the 11 that there are (sluice tenant list).";
    assert.equal(detail, `There is no tenant shopp. ${said}`);
  });

  it("is needed for that: who may read all tenants may not list them", async () => {
    await using stand = await ApiStand.start();
    const token = await stand.token("reader", null);
    const { json } = await stand.call("GET", "/v1/tenants/shopp/flags", { token });
    assert.equal(json().detail, "There is no tenant shopp.");
  });
});

// Tokens over the admin API, and who they let in.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Guard } from "../../../src/control/api/guard.ts";
import { ApiStand, type CallOptions, fieldsOf, OPERATOR } from "./stand.ts";

const tokenEnv = "SLUICE_ADMIN_TOKEN";

const make = (stand: ApiStand, body: object, options: CallOptions = {}) =>
  stand.call("POST", "/v1/tokens", { ...options, body });

describe("tokens", () => {
  it("are shown once, open what they are for, and are refused once revoked", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    const made = await make(stand, { role: "reader", tenant: "shop" });
    assert.equal(made.status, 201);
    const { id, token } = made.json();
    assert.ok(typeof token === "string" && typeof id === "string");
    const get = () => stand.call("GET", "/v1/tenants/shop", { token });
    assert.equal((await get()).status, 200);
    const list = await stand.call("GET", "/v1/tokens");
    assert.ok(list.text.includes(id) && !list.text.includes(token));
    assert.equal((await stand.call("DELETE", `/v1/tokens/${id}`)).status, 204);
    assert.equal((await get()).status, 401);
    assert.equal((await stand.call("DELETE", `/v1/tokens/${id}`)).status, 404);
    const audit = await stand.call("GET", "/v1/audit");
    assert.ok(audit.text.includes(`token ${id}`) && !audit.text.includes(token));
  });

  it("are for a tenant that there is, and an operator's for all", async () => {
    await using stand = await ApiStand.start();
    const nobody = await make(stand, { role: "reader", tenant: "nobody" });
    assert.deepEqual([nobody.status, fieldsOf(nobody)], [422, ["tenant"]]);
    const operator = await make(stand, { role: "operator", tenant: "filed" });
    assert.deepEqual([operator.status, fieldsOf(operator)], [422, ["tenant"]]);
    const past = await make(stand, { role: "reader", expiresAtMs: 1 });
    assert.deepEqual([past.status, fieldsOf(past)], [422, ["expiresAtMs"]]);
    const role = await make(stand, { role: "deploy" });
    assert.match(role.json().detail ?? "", /did you mean deployer|one of operator, deployer/);
  });

  it("are refused from the moment they expire", async () => {
    await using stand = await ApiStand.start();
    const expired = await stand.token("operator", null, Date.now() - 1);
    const answer = await stand.call("GET", "/v1/tenants", { token: expired });
    assert.deepEqual(
      [answer.status, answer.json().detail],
      [401, "The token is refused. It has expired."],
    );
    const later = await stand.token("operator", null, Date.now() + 3_600_000);
    assert.equal((await stand.call("GET", "/v1/tenants", { token: later })).status, 200);
  });
});

describe("without a good token", () => {
  it("the answer is 401 with what was expected", async () => {
    await using stand = await ApiStand.start();
    const none = await stand.call("GET", "/v1/tenants", { token: null });
    assert.deepEqual([none.status, none.headers.get("www-authenticate")], [401, "Bearer"]);
    for (const header of [`Bearer ${OPERATOR}x`, `Basic ${OPERATOR}`, "Bearer a b"]) {
      const headers = { authorization: header };
      const answer = await stand.call("GET", "/v1/tenants", { token: null, headers });
      assert.equal(answer.status, 401, header);
      assert.ok(!answer.text.includes(OPERATOR));
    }
  });

  it("and without any there is, the answer is 503 with what to do", async () => {
    await using stand = await ApiStand.start({ token: null });
    for (const token of [null, "a-token-that-was-guessed"]) {
      const answer = await stand.call("GET", "/v1/tenants", { token });
      assert.equal(answer.status, 503);
      assert.match(answer.json().detail ?? "", /set SLUICE_ADMIN_TOKEN in the environment/);
    }
    for (const path of ["/v1/health", "/v1/ready", "/metrics", "/v1/openapi.json"]) {
      assert.equal((await stand.call("GET", path, { token: null })).status, 200, path);
    }
  });

  it("health, readiness and metrics are answered all the same", async () => {
    await using stand = await ApiStand.start();
    for (const path of ["/v1/health", "/v1/ready", "/metrics"]) {
      assert.equal((await stand.call("GET", path, { token: null })).status, 200, path);
      assert.equal((await stand.call("GET", path, { token: "wrong" })).status, 200, path);
    }
  });

  it("good ones from the same address are let in while bad ones wait for their answer", async () => {
    await using stand = await ApiStand.start();
    const bad = Array.from({ length: 3 }, () =>
      stand.call("GET", "/v1/tenants", { token: "a-token-that-was-guessed" }),
    );
    assert.equal((await stand.call("GET", "/v1/tenants")).status, 200);
    for (const answer of await Promise.all(bad)) assert.equal(answer.status, 401);
    const lines = await stand.store.audit({ tenant: null }, { before: null, limit: 10 });
    const told = lines.filter(({ action }) => action === "login.refused");
    assert.equal(told.length, 1, "not a line for each");
    assert.equal(told[0]?.target, "from 127.0.0.1");
  });
});

describe("the token of the environment", () => {
  it("is refused if it is short enough to guess, and is not repeated", () => {
    assert.throws(() => new Guard({ token: "hunter2", tokenEnv, store: null }), {
      message: "Cannot use SLUICE_ADMIN_TOKEN: expected 16 to 512 characters, got 7",
    });
  });
});

describe("reload and handover", () => {
  const json = { "content-type": "application/json" };

  it("are the machine's own while there is no token", async () => {
    await using stand = await ApiStand.start({ token: null });
    const post = (headers: Readonly<Record<string, string>>) =>
      stand.call("POST", "/v1/reload", { token: null, headers });
    assert.equal((await post(json)).status, 200);
    assert.equal((await post({})).status, 403, "a form of a web page");
  });

  it("need an operator's token when there is one", async () => {
    await using stand = await ApiStand.start();
    const post = (token: string | null) =>
      stand.call("POST", "/v1/handover", { token, headers: json });
    assert.equal((await post(null)).status, 401);
    assert.equal((await post(await stand.token("deployer", null))).status, 403);
    assert.equal((await post(OPERATOR)).status, 200);
  });

  it("need it too when the only token is a stored one", async () => {
    await using stand = await ApiStand.start({ token: null });
    const operator = await stand.token("operator", null);
    const post = (token: string | null) =>
      stand.call("POST", "/v1/reload", { token, headers: json });
    assert.deepEqual([(await post(null)).status, (await post(operator)).status], [401, 200]);
  });
});

// Tenants over the admin API: what is answered, what is stored, what is live.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StoreError } from "../../../src/control/store/store.ts";
import { makeCertificate } from "../../support/certificates.ts";
import { ApiStand, FILE, fieldsOf, settings } from "./stand.ts";

const SHOP = settings("shop.example.com");

const liveNames = (stand: ApiStand): string[] =>
  stand.live.tenants().map(({ config }) => config.name);

describe("PUT of a tenant", () => {
  it("makes it: 201, stored as written, live, with an ETag", async () => {
    await using stand = await ApiStand.start();
    const made = await stand.make("shop", SHOP);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers.get("etag"), '"1"');
    const { createdAtMs, changedAtMs, ...rest } = made.json();
    assert.equal(typeof createdAtMs, "number");
    assert.equal(changedAtMs, createdAtMs);
    assert.deepEqual(rest, {
      ...{ name: "shop", origin: "api", revision: 1, suspended: false },
      ...{ state: "serves", reason: "" },
      settings: SHOP,
    });
    assert.deepEqual(liveNames(stand), ["filed", "shop"]);
    const got = await stand.call("GET", "/v1/tenants/shop");
    assert.deepEqual([got.status, got.json()], [200, made.json()]);
  });

  it("replaces it: 200 and the next revision", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", SHOP);
    const changed = await stand.make("shop", settings("shop.example.org"));
    assert.deepEqual([changed.status, changed.headers.get("etag")], [200, '"2"']);
    const config = stand.live.tenants().find(({ config }) => config.name === "shop")?.config;
    assert.deepEqual(config?.hosts, ["shop.example.org"]);
  });

  it("of two operators who change the same revision at once lets one through", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", SHOP);
    const change = (host: string) =>
      stand.call("PUT", "/v1/tenants/shop", {
        body: settings(host),
        headers: { "if-match": '"1"' },
      });
    const answers = await Promise.all([change("one.example.com"), change("two.example.com")]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
    const refused = answers.find(({ status }) => status === 412);
    assert.match(refused?.json().detail ?? "", /it is "2"/);
  });

  it("with If-None-Match: * makes a new one only", async () => {
    await using stand = await ApiStand.start();
    const headers = { "if-none-match": "*" };
    const put = () => stand.call("PUT", "/v1/tenants/shop", { body: SHOP, headers });
    assert.deepEqual([(await put()).status, (await put()).status], [201, 412]);
  });

  it("with If-Match does not make a new one", async () => {
    await using stand = await ApiStand.start();
    for (const tag of ["*", '"1"', 'W/"1"', "1"]) {
      const headers = { "if-match": tag };
      const put = await stand.call("PUT", "/v1/tenants/shop", { body: SHOP, headers });
      assert.equal(put.status, 412, tag);
    }
    assert.deepEqual(liveNames(stand), ["filed"]);
  });

  it("of one that nobody could reach, as no listener speaks TLS, says what to add", async () => {
    await using stand = await ApiStand.start();
    const { cert } = await makeCertificate("DNS:ca.example.com");
    const strict = { ...SHOP, clientCertificates: { ca: cert } };
    const put = await stand.make("shop", strict);
    assert.equal(put.status, 422, put.text);
    assert.match(
      put.json().errors?.find(({ field }) => field === "clientCertificates")?.text ?? "",
      /^expected a listener with tls, .* got none: give one tls in sluice\.yaml .*mode: optional$/,
    );
    assert.deepEqual(liveNames(stand), ["filed"]);
    const tried = { tenants: { shop: strict } };
    assert.equal((await stand.call("POST", "/v1/apply", { body: tried })).status, 422);
    const asked = { ...SHOP, clientCertificates: { ca: cert, mode: "optional" } };
    assert.equal((await stand.make("shop", asked)).status, 201);
  });

  it("names every field that is wrong, with the key that was meant", async () => {
    await using stand = await ApiStand.start();
    const body = {
      ...SHOP,
      host: "a",
      limits: { hookMS: 50, memoryMiB: 1, hookMs: 6_000 },
      env: { "a b": "1", SECRET: 5 },
      defaultUpstream: "page",
    };
    const put = await stand.make("shop", body);
    assert.equal(put.status, 422);
    const texts = put.json().errors?.map(({ field, text }) => `${field}: ${text}`) ?? [];
    assert.ok(
      texts.some((text) => /^host: .*did you mean hosts\?/.test(text)),
      texts.join("\n"),
    );
    assert.ok(texts.some((text) => /^limits\.hookMS: .*did you mean hookMs\?/.test(text)));
    assert.ok(texts.some((text) => /^limits\.memoryMiB: expected an integer from 8/.test(text)));
    assert.ok(texts.includes("limits.hookMs: expected at most 5000 (caps.hookMs), got 6000"));
    assert.ok(texts.some((text) => /^defaultUpstream: .*did you mean pages\?/.test(text)));
    assert.ok(texts.some((text) => /^env\.SECRET: expected a string, got a number/.test(text)));
    assert.deepEqual(liveNames(stand), ["filed"]);
  });

  it("refuses files and scripts of the proxy's machine", async () => {
    await using stand = await ApiStand.start();
    const tls = { ca: "/etc/passwd" };
    const put = await stand.make("shop", {
      ...SHOP,
      script: "main.ts",
      errorPages: { "502": { file: "/etc/passwd" } },
      upstreams: { a: { peers: [{ address: "127.0.0.1:1", tls }], tls } },
    });
    assert.equal(put.status, 422);
    assert.deepEqual(fieldsOf(put).sort(), [
      "errorPages.502.file",
      "script",
      "upstreams.a.peers[0].tls.ca",
      "upstreams.a.tls.ca",
    ]);
    assert.doesNotMatch(put.text, /root:/);
  });

  it("runs a tenant in a process of its own unless the operator says otherwise", async () => {
    await using stand = await ApiStand.start();
    const { isolation: _, ...rest } = SHOP;
    await stand.make("shop", rest);
    const made = stand.live.tenants().find(({ config }) => config.name === "shop");
    if (made !== undefined) assert.equal(made.config.isolation, "process");
  });

  it("refuses a host that another tenant has, in the file or not, however it is written", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", SHOP);
    const put = await stand.make("other", settings("ok.example.com", "SHOP.example.com"));
    assert.equal(put.status, 409);
    assert.deepEqual(fieldsOf(put), ["hosts[1]"]);
    assert.match(put.json().detail ?? "", /shop\.example\.com/);
    assert.equal((await stand.make("other", settings("filed.example.com"))).status, 409);
    assert.equal((await stand.make("other", settings("a.test", "A.test"))).status, 422);
    assert.deepEqual(liveNames(stand), ["filed", "shop"]);
    assert.equal((await stand.make("shop", SHOP)).status, 200, "its own host");
  });

  it("of two tenants who claim one host at once lets one have it", async () => {
    await using stand = await ApiStand.start();
    const body = settings("shop.example.com");
    const answers = await Promise.all([stand.make("one", body), stand.make("two", body)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
  });

  it("refuses a tenant of the file, naming the file", async () => {
    await using stand = await ApiStand.start();
    for (const [method, body] of [["PUT", SHOP], ["DELETE"]] as const) {
      const answer = await stand.call(method, "/v1/tenants/filed", { body });
      assert.equal(answer.status, 409);
      assert.ok(answer.json().detail?.includes(FILE));
    }
  });

  it("that does not go live stores nothing and says why", async () => {
    await using stand = await ApiStand.start();
    const problems = ["main.ts:1:1: x is not defined"];
    stand.live.refusal = { ok: false, step: "prepare", isTimeout: false, problems };
    const refused = await stand.make("shop", SHOP);
    assert.equal(refused.status, 422);
    assert.deepEqual(refused.json().errors, [{ text: problems[0] }]);
    stand.live.refusal = { ok: false, step: "prepare", isTimeout: true, problems: ["worker 2"] };
    assert.equal((await stand.make("shop", SHOP)).status, 504);
    stand.live.refusal = { ok: false, step: "closed", isTimeout: false, problems: ["a handover"] };
    assert.equal((await stand.make("shop", SHOP)).status, 503);
    assert.deepEqual(await stand.store.tenants(), []);
  });

  it("that cannot be stored does not go live, and its cause stays inside", async () => {
    const full = new StoreError("unavailable", "SQLITE_FULL in /var/lib/secret/place");
    await using stand = await ApiStand.start({
      store: (store) => {
        store.changeTenants = () => Promise.reject(full);
        return store;
      },
    });
    const refused = await stand.make("shop", SHOP);
    assert.equal(refused.status, 503);
    assert.doesNotMatch(refused.text, /SQLITE|secret/);
    assert.deepEqual(stand.errors, [full]);
    assert.deepEqual(liveNames(stand), ["filed"]);
  });

  it("leaves a line in the audit log: who, what, when; no values", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", { ...SHOP, env: { KEY: "hunter2" } });
    const audit = await stand.call("GET", "/v1/audit?tenant=shop&limit=1");
    assert.equal(audit.status, 200);
    assert.match(audit.text, /"actor":"token:env","action":"tenant\.put","tenant":"shop"/);
    assert.doesNotMatch(audit.text, /hunter2/);
  });
});

describe("DELETE of a tenant", () => {
  it("removes it everywhere, and its host is free", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", SHOP);
    const gone = await stand.call("DELETE", "/v1/tenants/shop");
    assert.deepEqual([gone.status, gone.text], [204, ""]);
    assert.deepEqual(liveNames(stand), ["filed"]);
    assert.equal((await stand.call("GET", "/v1/tenants/shop")).status, 404);
    assert.equal((await stand.call("DELETE", "/v1/tenants/shop")).status, 404);
    assert.equal((await stand.make("other", SHOP)).status, 201);
  });

  it("with If-Match removes only what its maker has seen", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", SHOP);
    await stand.make("shop", SHOP);
    const remove = (tag: string) =>
      stand.call("DELETE", "/v1/tenants/shop", { headers: { "if-match": tag } });
    assert.deepEqual([(await remove('"1"')).status, (await remove('"2"')).status], [412, 204]);
  });
});

describe("GET of tenants", () => {
  it("answers 304 to who has it already", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop", SHOP);
    const get = (tag: string) =>
      stand.call("GET", "/v1/tenants/shop", { headers: { "if-none-match": tag } });
    assert.deepEqual([(await get('"1"')).status, (await get('W/"1"')).status], [304, 304]);
    assert.equal((await get('"2"')).status, 200);
  });
});

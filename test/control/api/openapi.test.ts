// openapi.json against the running server: every route with every role, and every status that it
// documents. (Each answer in the tests of this folder is checked against it too: stand.ts.)

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApplyResult } from "../../../src/control/live.ts";
import type { Role } from "../../../src/control/store/records.ts";
import type { OpenApi, Operation } from "./conformity.ts";
import { ApiStand, type CallOptions, settings } from "./stand.ts";

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const operationsOf = (document: OpenApi): Listed[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );

/** What stands in for the parameters of a path. */
const VALUES: Readonly<Record<string, string>> = { tenant: "shop", version: "1" };

const filled = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? "any");

/** More than any body may have. */
const HUGE = 1_000_000_000;

const RANKS: Readonly<Record<string, number>> = {
  token: 0,
  reader: 0,
  deployer: 1,
  operator: 2,
  machine: 2,
};

/** Never a body that can be read, so that nothing is changed. */
const HARMLESS: CallOptions = { headers: { "content-type": "text/plain" }, body: "{}" };
const isHarmless = ({ method, operation }: Listed): boolean =>
  method === "GET" || operation.requestBody !== undefined;

describe("openapi.json", () => {
  it("names every operation once, with a summary", async () => {
    await using stand = await ApiStand.start();
    const document = await stand.openapi();
    assert.match(document.openapi, /^3\.1\./);
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    assert.ok(ids.length > 10);
    assert.deepEqual(ids, [...new Set(ids)]);
    assert.ok(
      ids.every((id) => /^[a-z]+[A-Z]\w+$/.test(id)),
      ids.join(" "),
    );
  });

  it("says of every route who may: no token, one of less, one of another tenant", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    await stand.make("other");
    const tokens = new Map<Role, string>();
    for (const role of ["reader", "deployer", "operator"] as const) {
      tokens.set(role, await stand.token(role, null));
    }
    const [others, own] = [
      await stand.token("deployer", "other"),
      await stand.token("deployer", "shop"),
    ];
    for (const listed of operationsOf(await stand.openapi())) {
      const { method, path, operation } = listed;
      const access = operation["x-sluice-access"];
      if (access === "anyone") continue;
      const ask = async (token: string | null) => {
        const options = operation.requestBody === undefined ? {} : HARMLESS;
        return (await stand.call(method, filled(path), { ...options, token })).status;
      };
      const where = `${method} ${path}`;
      assert.equal(await ask(null), 401, where);
      for (const [role, token] of tokens) {
        const may = (RANKS[role] ?? 0) >= (RANKS[access] ?? 9);
        if (!may) assert.equal(await ask(token), 403, `${where} ${role}`);
        else if (isHarmless(listed)) assert.notEqual(await ask(token), 403, `${where} ${role}`);
      }
      if (access === "token") {
        assert.ok([200, 204].includes(await ask(others)), where);
        continue;
      }
      const isOperators = (RANKS[access] ?? 9) > 1;
      assert.equal(
        await ask(others),
        isOperators ? 403 : path.includes("{tenant}") ? 404 : 403,
        where,
      );
      if (isOperators) assert.equal(await ask(own), 403, where);
    }
  });

  it("says of every body that it is JSON, and of what size", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    for (const { method, path, operation } of operationsOf(await stand.openapi())) {
      if (operation.requestBody === undefined) continue;
      const ask = async (options: CallOptions) =>
        (await stand.call(method, filled(path), options)).status;
      assert.equal(await ask(HARMLESS), 415, path);
      assert.equal(await ask({ body: "{" }), 400, path);
      assert.equal(await ask({ body: '{"a":1,"a":1}' }), 400, path);
      assert.equal(await ask({ body: { nonsense: 1 } }), 422, path);
      assert.equal((await stand.announce(method, filled(path), HUGE)).status, 413, path);
    }
  });

  it("documents no status of a tenant, token or the audit log that cannot be reached", async () => {
    await using stand = await ApiStand.start();
    await reachAll(stand);
    const missing: string[] = [];
    for (const { method, path, operation } of operationsOf(await stand.openapi())) {
      if (!OWN.test(path)) continue;
      for (const status of Object.keys(operation.responses)) {
        if (status === "default" || stand.reached.has(`${method} ${path} ${status}`)) continue;
        if (!UNREACHED.has(`${method} ${path} ${status}`))
          missing.push(`${method} ${path} ${status}`);
      }
    }
    assert.deepEqual(missing, []);
  });
});

const PROCESS = "metrics|v1/(?:health|ready|reload|handover|openapi\\.json)";
const OWN = new RegExp(`^/(?:${PROCESS}|v1/(?:audit|tokens.*|tenants(?:/\\{tenant\\})?))$`);

/** Of the process, not of a route: test/control/admin.test.ts and test/life have them. */
const UNREACHED = new Set([
  "GET /v1/ready 503",
  "POST /v1/reload 422",
  "POST /v1/reload 503",
  "POST /v1/handover 503",
]);

const TIMEOUT: ApplyResult = {
  ok: false,
  step: "prepare",
  isTimeout: true,
  problems: ["worker 1"],
};

async function reachAll(stand: ApiStand): Promise<void> {
  const reader = await stand.token("reader", null);
  const json = { headers: { "content-type": "application/json" } };
  const stale = { headers: { "if-match": '"9"' } };
  const calls: [string, string, CallOptions?][] = [
    ["PUT", "/v1/tenants/shop", { body: settings("a.test") }],
    ["PUT", "/v1/tenants/shop", { body: settings("a.test") }],
    ["PUT", "/v1/tenants/shop", { body: settings("a.test"), ...stale }],
    ["PUT", "/v1/tenants/filed", { body: settings("b.test") }],
    ["GET", "/v1/tenants/shop", { headers: { "if-none-match": "*" } }],
    ["GET", "/v1/tenants/none"],
    ["POST", "/v1/tokens", { body: { role: "reader" } }],
    ["DELETE", "/v1/tokens/none"],
    ["DELETE", "/v1/tenants/none"],
    ["DELETE", "/v1/tenants/filed"],
    ["DELETE", "/v1/tenants/shop", stale],
  ];
  for (const [method, path, options] of calls) await stand.call(method, path, options);
  stand.live.refusal = TIMEOUT;
  await stand.call("PUT", "/v1/tenants/shop", { body: settings("a.test") });
  await stand.call("DELETE", "/v1/tenants/shop");
  stand.live.refusal = null;
  const { id } = (await stand.call("POST", "/v1/tokens", { body: { role: "reader" } })).json();
  await stand.call("DELETE", `/v1/tokens/${id}`);
  for (const { method, path, operation } of operationsOf(await stand.openapi())) {
    const at = filled(path);
    const body = operation.requestBody === undefined ? {} : { body: {} };
    if (method !== "DELETE") await stand.call(method, at, { ...json, ...body });
    await stand.call(method, `${at}?nonsense=1`, { ...json, ...body });
    await stand.call(method, at, { token: null, ...body });
    await stand.call(method, at, { token: reader, ...body });
    if (operation.requestBody === undefined) continue;
    await stand.call(method, at, HARMLESS);
    await stand.call(method, at, { body: "{" });
    await stand.announce(method, at, HUGE);
  }
  await fillTokens(stand);
  await stand.call("DELETE", "/v1/tenants/shop");
}

/** As many as there may be: as if each had been made. */
async function fillTokens(stand: ApiStand): Promise<void> {
  const tokens = await stand.store.tokens();
  const [one] = tokens;
  assert.ok(one !== undefined);
  const many = Array.from({ length: 10_000 }, () => one);
  const { tokens: real } = stand.store;
  stand.store.tokens = async () => many;
  const refused = await stand.call("POST", "/v1/tokens", { body: { role: "reader" } });
  stand.store.tokens = real;
  assert.equal(refused.status, 409);
}

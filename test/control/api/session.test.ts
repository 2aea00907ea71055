// Sessions of browsers: what opens one, what it opens, what ends it, and who cannot use it.

import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, it, mock } from "node:test";
import { Guard } from "../../../src/control/api/guard.ts";
import { ApiStand, OPERATOR } from "./stand.ts";

interface Login {
  readonly cookie: string;
  readonly key: string;
}

/** As the page would, from the page's own address. */
async function login(stand: ApiStand, token: string): Promise<Login> {
  const answered = await stand.call("POST", "/v1/session", { token: null, body: { token } });
  assert.equal(answered.status, 201, answered.text);
  const [cookie = ""] = (answered.headers.get("set-cookie") ?? "").split(";");
  return { cookie, key: String(answered.json().key) };
}

const withSession = ({ cookie, key }: Login) => ({ cookie, "sluice-session-key": key });

async function ask(
  stand: ApiStand,
  session: Login,
  path = "/v1/tenants",
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const own = { ...withSession(session), ...headers };
  return (await stand.call("GET", path, { token: null, headers: own })).status;
}

/** `fetch` does not let one choose the Host. */
async function raw(
  stand: ApiStand,
  method: string,
  path: string,
  { headers, body = "" }: { headers: Readonly<Record<string, string>>; body?: string },
): Promise<number> {
  const sent = request(`${stand.url}${path}`, { method, headers, agent: false });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  sent.on("error", reject).on("response", (response) => {
    text(response).then(() => resolve(response.statusCode ?? 0), reject);
  });
  sent.end(body);
  return await promise;
}

const JSON_TYPE = { "content-type": "application/json" };
const BODY = JSON.stringify({ token: OPERATOR });

describe("a session", () => {
  it("is opened by a token, and opens what the token opens", async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    const operator = await login(stand, OPERATOR);
    assert.equal(await ask(stand, operator), 200);
    const deployer = await login(stand, await stand.token("deployer", "shop"));
    assert.equal(await ask(stand, deployer), 403);
    assert.equal(await ask(stand, deployer, "/v1/tenants/shop"), 200);
    assert.equal(await ask(stand, deployer, "/v1/tenants/filed"), 404);
    const who = await stand.call("GET", "/v1/session", {
      token: null,
      headers: withSession(deployer),
    });
    const { role, tenant, expiresAtMs } = who.json();
    assert.deepEqual({ role, tenant }, { role: "deployer", tenant: "shop" });
    assert.ok(Number(expiresAtMs) > Date.now());
  });

  it("has a cookie that no script reads and no other site sends", async () => {
    await using stand = await ApiStand.start();
    const body = { token: OPERATOR };
    const { headers } = await stand.call("POST", "/v1/session", { token: null, body });
    const port = new URL(stand.url).port;
    const shape = new RegExp(`^sluice-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`);
    assert.match(headers.get("set-cookie") ?? "", shape);
  });

  it("is useless with the cookie alone, or with another one's key", async () => {
    await using stand = await ApiStand.start();
    const [one, two] = [await login(stand, OPERATOR), await login(stand, OPERATOR)];
    const { cookie } = one;
    const alone = await stand.call("GET", "/v1/tenants", { token: null, headers: { cookie } });
    assert.equal(alone.status, 401);
    assert.equal(await ask(stand, { cookie, key: two.key }), 401);
    assert.equal(await ask(stand, { cookie: two.cookie.slice(0, -1), key: two.key }), 401);
  });

  it("is for calls of the page itself, whatever the method", async () => {
    await using stand = await ApiStand.start();
    const session = await login(stand, OPERATOR);
    const own = new URL(stand.url).origin;
    for (const headers of [{}, { "sec-fetch-site": "same-origin" }, { origin: own }]) {
      assert.equal(await ask(stand, session, "/v1/tenants", headers), 200);
    }
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "http://evil.example.com" },
      { origin: "http://127.0.0.1:1" },
      { origin: "null" },
    ]) {
      assert.equal(await ask(stand, session, "/v1/tenants", headers), 403, JSON.stringify(headers));
      const body = { token: OPERATOR };
      const opened = await stand.call("POST", "/v1/session", { token: null, headers, body });
      assert.equal(opened.status, 403, JSON.stringify(headers));
      assert.equal(opened.headers.get("set-cookie"), null);
    }
  });

  it("is not to be had under a name that somebody made to point here", async () => {
    await using stand = await ApiStand.start();
    const session = await login(stand, OPERATOR);
    const port = new URL(stand.url).port;
    for (const host of [`evil.example.com:${port}`, `127.0.0.1.evil.example.com:${port}`]) {
      const headers = { ...withSession(session), host };
      assert.equal(await raw(stand, "GET", "/v1/tenants", { headers }), 421);
      assert.equal(await raw(stand, "GET", "/dashboard/", { headers: { host } }), 421);
      const login = { headers: { host, ...JSON_TYPE }, body: BODY };
      assert.equal(await raw(stand, "POST", "/v1/session", login), 421);
    }
    const bearer = { host: `evil.example.com:${port}`, authorization: `Bearer ${OPERATOR}` };
    assert.equal(await raw(stand, "GET", "/v1/tenants", { headers: bearer }), 200);
  });

  it("is not opened in the clear from elsewhere than this machine", async () => {
    await using stand = await ApiStand.start();
    const { port } = new URL(stand.url);
    const opened = (host: string) =>
      raw(stand, "POST", "/v1/session", { headers: { host, ...JSON_TYPE }, body: BODY });
    assert.equal(await opened(`192.0.2.7:${port}`), 403);
    assert.equal(await opened(`[::1]:${port}`), 201);
    assert.equal(await opened(`localhost:${port}`), 201);
  });

  it("ends when somebody logs out", async () => {
    await using stand = await ApiStand.start();
    const session = await login(stand, OPERATOR);
    const headers = withSession(session);
    const out = await stand.call("DELETE", "/v1/session", { token: null, headers });
    assert.equal(out.status, 204);
    assert.match(out.headers.get("set-cookie") ?? "", /^sluice-\d+=; .*Max-Age=0$/);
    assert.equal(await ask(stand, session), 401);
  });

  it("ends with the token that opened it", async () => {
    await using stand = await ApiStand.start();
    const made = await stand.call("POST", "/v1/tokens", { body: { role: "operator" } });
    const session = await login(stand, String(made.json().token));
    assert.equal(await ask(stand, session), 200);
    await stand.call("DELETE", `/v1/tokens/${made.json().id}`);
    assert.equal(await ask(stand, session), 401);
  });

  it("ends when nobody uses it, and after half a day whoever does", async () => {
    await using stand = await ApiStand.start();
    const [idle, busy] = [await login(stand, OPERATOR), await login(stand, OPERATOR)];
    mock.timers.enable({ apis: ["Date"], now: Date.now() });
    try {
      for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
        mock.timers.tick(20 * 60_000);
        assert.equal(await ask(stand, busy), 200, `after ${minutes} minutes`);
      }
      assert.equal(await ask(stand, idle), 401);
      mock.timers.tick(20 * 60_000);
      assert.equal(await ask(stand, busy), 401);
    } finally {
      mock.timers.reset();
    }
  });

  it("gives way when its token has too many", async () => {
    await using stand = await ApiStand.start();
    const first = await login(stand, OPERATOR);
    const other = await login(stand, await stand.token("operator", null));
    let last = first;
    for (let more = 0; more < 16; more++) last = await login(stand, OPERATOR);
    assert.equal(await ask(stand, first), 401);
    assert.equal(await ask(stand, last), 200);
    assert.equal(await ask(stand, other), 200);
  });

  it("is in the audit log, and a refused one is slowed and told there too", async () => {
    await using stand = await ApiStand.start();
    await login(stand, OPERATOR);
    const body = { token: "not-the-token-at-all" };
    const refused = await stand.call("POST", "/v1/session", { token: null, body });
    assert.equal(refused.status, 401);
    const lines = await stand.store.audit({ tenant: null }, { before: null, limit: 5 });
    const actions = lines.map(({ action }) => action);
    assert.deepEqual(actions.slice(0, 2), ["login.refused", "session.open"]);
    assert.ok(!JSON.stringify(lines).includes(OPERATOR));
  });

  it("is opened by the token that a terminal has shown, as an operator's call is", async () => {
    const token = "a-token-that-a-terminal-has-shown";
    const none = { token: null, tokenEnv: "SLUICE_ADMIN_TOKEN", store: null };
    const guard = new Guard({ ...none, shownToken: token });
    const { signal } = new AbortController();
    const host = { host: "127.0.0.1:9090" };
    const knock = { headers: new Headers(host), remote: "127.0.0.1", signal };
    const { cookie, key, caller } = await guard.login(token, knock);
    assert.deepEqual([caller.actor, caller.role], ["terminal", "operator"]);
    const own = new Headers({
      ...host,
      cookie: `sluice-9090=${cookie}`,
      "sluice-session-key": key,
    });
    const found = await guard.identify({ access: "operator" }, { ...knock, headers: own });
    assert.equal(found.actor, "terminal");
    // what other proxies are asked with, who know none of this one's sessions
    assert.equal(found.bearer?.(), token);
    const asked = (authorization: string) =>
      guard.identify(
        { access: "operator" },
        { ...knock, headers: new Headers({ ...host, authorization }) },
      );
    assert.equal((await asked(`Bearer ${token}`)).actor, "terminal");
    await assert.rejects(asked("Bearer another-token"), {
      status: 401,
      message: /unknown or revoked\. The terminal at which the proxy was started shows one\.$/,
    });
    // commands on this machine need no token because of it
    const local = new Headers({ ...host, "content-type": "application/json" });
    const machine = await guard.identify({ access: "machine" }, { ...knock, headers: local });
    assert.equal(machine.actor, "machine");
    await assert.rejects(new Guard(none).login(token, knock), /No token can be checked/);
  });
});

// Tenants made over the admin API of a real proxy: live on every worker when it answers, and side
// by side with those of the file.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

const TOKEN = "the-operators-token";
const env = { SLUICE_ADMIN_TOKEN: TOKEN };

const origin = (name: string) => httpOrigin((_request, response) => void response.end(name));

const settings = (host: string, peer: string) => ({
  hosts: [host],
  isolation: "inline",
  upstreams: { pages: { peers: [peer] } },
});

/** Status and body, on a connection of its own: workers take turns. */
async function get(proxy: TestProxy, host: string): Promise<string> {
  const sent = request(proxy.url, { headers: { host }, agent: false }).end();
  const [response] = await once(sent, "response");
  const body = await text(response);
  return response.statusCode === 200 ? body : String(response.statusCode);
}

const admin = (proxy: TestProxy, method: string, path: string, body?: object) =>
  fetch(`${proxy.admin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
      connection: "close",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** What 16 clients get at once. */
const all = async (proxy: TestProxy, host: string): Promise<string[]> => {
  const got = await Promise.all(Array.from({ length: 16 }, () => get(proxy, host)));
  return [...new Set(got)];
};

test("a tenant is live on every worker when PUT is answered, changed and gone likewise", async () => {
  await using one = await origin("one");
  await using two = await origin("two");
  const tenants = { filed: settings("filed.test", one.address) };
  await using proxy = await TestProxy.start({
    config: { store: "memory", workers: 2, tenants },
    env,
  });
  const put = (peer: string) =>
    admin(proxy, "PUT", "/v1/tenants/shop", settings("shop.test", peer));
  assert.deepEqual(await all(proxy, "shop.test"), ["421"]);
  assert.equal((await put(one.address)).status, 201);
  assert.deepEqual(await all(proxy, "shop.test"), ["one"]);
  assert.equal((await put(two.address)).status, 200);
  assert.deepEqual(await all(proxy, "shop.test"), ["two"]);
  const taken = await admin(proxy, "PUT", "/v1/tenants/x", settings("filed.test", two.address));
  assert.equal(taken.status, 409);
  assert.deepEqual(await all(proxy, "filed.test"), ["one"]);
  assert.equal((await admin(proxy, "DELETE", "/v1/tenants/shop")).status, 204);
  assert.deepEqual(await all(proxy, "shop.test"), ["421"]);
});

test("a reload keeps tenants of the API, and is refused if the file takes a host from one", async () => {
  await using one = await origin("one");
  await using two = await origin("two");
  const config = { store: "memory", tenants: { filed: settings("filed.test", one.address) } };
  await using proxy = await TestProxy.start({ config, env });
  await admin(proxy, "PUT", "/v1/tenants/shop", settings("shop.test", one.address));
  await proxy.configure({ ...config, tenants: { filed: settings("filed.test", two.address) } });
  const reloaded = await admin(proxy, "POST", "/v1/reload");
  assert.equal(reloaded.status, 200, await reloaded.text());
  assert.deepEqual([await get(proxy, "filed.test"), await get(proxy, "shop.test")], ["two", "one"]);
  await proxy.configure({ ...config, tenants: { greedy: settings("shop.test", two.address) } });
  const refused = await admin(proxy, "POST", "/v1/reload");
  assert.equal(refused.status, 422);
  const text = "tenant shop of the admin API: host shop.test is tenant greedy's too";
  assert.partialDeepStrictEqual(await refused.json(), { errors: [{ text }] });
  assert.deepEqual([await get(proxy, "filed.test"), await get(proxy, "shop.test")], ["two", "one"]);
});

test("once there is a token sluice reload needs it, and finds it in the environment", async () => {
  await using one = await origin("one");
  const tenants = { filed: settings("filed.test", one.address) };
  await using proxy = await TestProxy.start({ config: { store: "memory", tenants }, env });
  const file = { store: "memory", admin: { address: new URL(proxy.admin).host }, tenants };
  await proxy.configure(file);
  const reload = (token: string | undefined) =>
    sluice(["reload", "--config", proxy.file], { env: { SLUICE_ADMIN_TOKEN: token } });
  const without = await reload(undefined);
  assert.equal(without.status, 1);
  assert.match(without.stderr, /Expected Authorization: Bearer TOKEN/);
  const withToken = await reload(TOKEN);
  assert.deepEqual([withToken.status, withToken.stderr], [0, ""]);
});

test("a token from the environment that can be guessed is refused at the start", async () => {
  await using proxy = await TestProxy.launch({
    config: { store: "memory", tenants: {} },
    env: { SLUICE_ADMIN_TOKEN: "hunter2" },
  });
  assert.equal(await proxy.exited(), 1);
  assert.match(proxy.stderr, /Cannot use SLUICE_ADMIN_TOKEN: expected 16 to 512 characters, got 7/);
  assert.doesNotMatch(proxy.stderr, /hunter2/);
});

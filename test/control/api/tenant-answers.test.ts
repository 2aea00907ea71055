// How the admin API shows tenants: those of the file beside those that were made through it.

import assert from "node:assert/strict";
import { it } from "node:test";
import { ApiStand, settings } from "./stand.ts";

const SHOP = settings("shop.example.com");

const line = (name: string, rest: object) => {
  return { name, ...rest, hosts: [`${name}.example.com`] };
};

const SERVES = { suspended: false, state: "serves", reason: "" };
const SUSPENDED = { suspended: true, state: "suspended", reason: "an operator suspended it" };

it("lists those of the file and of the API by name", async () => {
  await using stand = await ApiStand.start();
  const shop = (await stand.make("shop", SHOP)).json().revision;
  const apples = (await stand.make("apples")).json().revision;
  for (const tenant of ["apples", "filed"]) {
    await stand.call("POST", `/v1/tenants/${tenant}/suspend`, { body: {} });
  }
  const list = await stand.call("GET", "/v1/tenants");
  assert.deepEqual(list.json().tenants, [
    line("apples", { origin: "api", revision: apples, ...SUSPENDED }),
    line("filed", { origin: "file", revision: null, ...SUSPENDED }),
    line("shop", { origin: "api", revision: shop, ...SERVES }),
  ]);
  for (const tenant of ["apples", "filed"]) {
    const shown = await stand.call("GET", `/v1/tenants/${tenant}`);
    assert.equal(shown.json().suspended, true);
  }
});

it("shows a tenant of the file as written, without its script, and its files to operators", async () => {
  await using stand = await ApiStand.start();
  const path = "/v1/tenants/filed";
  const operator = await stand.call("GET", path);
  assert.match(operator.text, /certs\/ca\.pem/);
  assert.doesNotMatch(operator.text, /filed\.ts/);
  const reader = await stand.call("GET", path, { token: await stand.token("reader", "filed") });
  assert.equal(reader.status, 200);
  assert.doesNotMatch(reader.text, /certs|errors\/|filed\.ts/);
  const { settings } = reader.json();
  assert.deepEqual(settings, {
    hosts: ["filed.example.com"],
    isolation: "inline",
    env: { file: "a name that the tenant chose" },
    upstreams: { file: { peers: ["127.0.0.1:9002"], tls: { sni: "a.example.com" } } },
    errorPages: { "502": {} },
  });
});

// Packages that authors of filters use, unchanged, bundled as any script is and run in the real
// runtime.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { TestApp, TestHeaders, TestRequest } from "../../sdk/test.ts";
import { load } from "../../src/cli/harness/load.ts";

const place = (name: string): URL =>
  new URL(`../fixtures/scripts/packages/${name}.ts`, import.meta.url);

interface Got {
  readonly status: number;
  readonly body: string;
  readonly headers: TestHeaders;
}

async function ask(app: TestApp, request: TestRequest): Promise<Got> {
  const { response } = await app.run({ ...request, url: `https://a.example${request.url}` });
  assert.ok(response !== null);
  return { status: response.status, body: response.body, headers: response.headers };
}

test("jose verifies RS256, PS256, ES256 and EdDSA with keys of the script's own", async () => {
  const keys: object[] = [];
  const tokens = new Map<string, string>();
  for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    keys.push({ ...(await exportJWK(publicKey)), kid: alg, alg });
    const token = new SignJWT({ sub: "joe" }).setProtectedHeader({ alg, kid: alg });
    tokens.set(alg, await token.setIssuer("https://id").setExpirationTime("1h").sign(privateKey));
  }
  await using app = await load(place("jose"), { env: { KEYS: JSON.stringify({ keys }) } });
  for (const [alg, token] of tokens) {
    const right = await ask(app, { url: "/", headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual([right.status, JSON.parse(right.body)], [200, { sub: "joe", alg }]);
    const forged = `${token.slice(0, -6)}${token.endsWith("AAAAAA") ? "BBBBBB" : "AAAAAA"}`;
    const wrong = await ask(app, { url: "/", headers: { authorization: `Bearer ${forged}` } });
    assert.deepEqual(
      [wrong.status, JSON.parse(wrong.body)],
      [401, { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }],
    );
  }
  assert.deepEqual(JSON.parse((await ask(app, { url: "/sign" })).body), { n: 7 });
});

test("hono routes in requestFilter, with its middleware", async () => {
  await using app = await load(place("hono"));
  const of = async (url: string, headers = {}) => await ask(app, { url, headers });
  assert.equal((await of("/users/7?q=a")).body, '{"id":"7","q":"a"}');
  assert.equal((await of("/admin/panel")).status, 401);
  const authorization = `Basic ${btoa("root:secret")}`;
  assert.equal((await of("/admin/panel", { authorization })).body, "inside");
  const tag = (await of("/tagged")).headers.get("etag") ?? "";
  assert.match(tag, /^"[0-9a-f]{40}"$/);
  assert.equal((await of("/tagged", { "if-none-match": tag })).status, 304);
  assert.equal((await of("/old")).headers.get("location"), "/users/1");
  assert.equal((await of("/unknown")).status, 200); // the upstream's
});

test("itty-router routes in requestFilter", async () => {
  await using app = await load(place("itty-router"));
  assert.equal((await ask(app, { url: "/users/7?q=a" })).body, '{"id":"7","q":"a"}');
  assert.equal((await ask(app, { url: "/error" })).status, 418);
});

for (const name of ["zod", "zod-mini"]) {
  test(`${name} checks a body`, async () => {
    await using app = await load(place(name));
    const order = { id: "0198c0de-0000-7000-8000-000000000000", count: 2, when: "2026-01-02" };
    const right = await ask(app, { url: "/", body: JSON.stringify(order) });
    assert.equal(right.status, 200, right.body);
    const wrong = await ask(app, {
      url: "/",
      body: JSON.stringify({ ...order, count: 0.5, id: 1 }),
    });
    assert.equal(wrong.status, 422);
    assert.deepEqual(Object.keys(JSON.parse(wrong.body)).sort(), ["count", "id"]);
  });
}

test("cookie, nanoid and uuid do what their pages show", async () => {
  await using app = await load(place("small"));
  const { body, headers } = await ask(app, { url: "/", headers: { cookie: "visits=4" } });
  assert.equal(headers.get("set-cookie"), "visits=5; Path=/; HttpOnly");
  const { ids, names, fixed } = JSON.parse(body);
  assert.deepEqual(ids, [
    [true, 4],
    [true, 7],
    [true, 5],
  ]);
  assert.match(names.join(), /^[\w-]{21},[\w-]{10},[01]{12}$/);
  const again = JSON.parse((await ask(app, { url: "/" })).body);
  assert.notDeepEqual(again.names, names);
  assert.equal(again.fixed, fixed);
});

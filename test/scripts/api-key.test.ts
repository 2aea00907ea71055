// scripts/api-key.ts: who has a key gets in, under a name; who has none does not.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

let stand: Stand;
before(async () => {
  const env = { API_KEYS: "mobile=k3y-of-the-app, partner=an0ther-key" };
  stand = await Stand.start({ script: "api-key.ts", env, upstreams: { main: null } });
});
after(async () => await stand[Symbol.asyncDispose]());

test("a known key gets in, and the upstream sees its name and not the key", async () => {
  const headers = { authorization: "Bearer an0ther-key", "x-api-caller": "mobile" };
  assert.equal((await stand.ask("/", { headers })).status, 200);
  const seen = stand.seen.at(-1)?.headers;
  assert.equal(seen?.["x-api-caller"], "partner");
  assert.equal(seen?.authorization, undefined);
});

for (const [what, authorization] of Object.entries({
  "no key": undefined,
  "an unknown key": "Bearer another-key",
  "the beginning of a key": "Bearer k3y-of-the",
  "a key twice over": "Bearer k3y-of-the-appk3y-of-the-app",
  "another scheme": "Basic k3y-of-the-app",
})) {
  test(`${what} is answered with 401, and nothing reaches the upstream`, async () => {
    const before = stand.seen.length;
    const headers = authorization === undefined ? {} : { authorization };
    const got = await stand.ask("/", { headers });
    assert.equal(got.status, 401);
    assert.equal(got.headers["www-authenticate"], 'Bearer realm="api"');
    assert.equal(stand.seen.length, before);
  });
}

test("without usable keys the proxy does not start, and says why", async () => {
  for (const env of [{}, { API_KEYS: "mobile=" }]) {
    const started = Stand.start({ script: "api-key.ts", env, upstreams: { main: null } });
    await assert.rejects(started, /API_KEYS: expected name=key pairs/);
  }
});

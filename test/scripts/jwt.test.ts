// scripts/jwt.ts: a valid token gets in, under its subject; no other does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Stand } from "./stand.ts";

const ISSUER = "https://id.example";
const pair = await generateKeyPair("ES256", { extractable: true });
const other = await generateKeyPair("ES256");
const jwk = { ...(await exportJWK(pair.publicKey)), kid: "one", alg: "ES256" };

let stand: Stand;
before(async () => {
  const env = { KEYS: JSON.stringify({ keys: [jwk] }), ISSUER };
  stand = await Stand.start({ script: "jwt.ts", env, upstreams: { main: null } });
});
after(async () => await stand[Symbol.asyncDispose]());

const token = (): SignJWT =>
  new SignJWT({ sub: "joe" })
    .setProtectedHeader({ alg: "ES256", kid: "one" })
    .setIssuer(ISSUER)
    .setExpirationTime("1h");

const ask = (given: string) =>
  stand.ask("/", { headers: { authorization: `Bearer ${given}`, "x-user": "root" } });

test("a valid token gets in, and the upstream sees whom it speaks of, and not the token", async () => {
  assert.equal((await ask(await token().sign(pair.privateKey))).status, 200);
  const seen = stand.seen.at(-1)?.headers;
  assert.equal(seen?.["x-user"], "joe");
  assert.equal(seen?.authorization, undefined);
});

const none = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

for (const [what, given] of Object.entries({
  "no token": "",
  "what is no token": "abc",
  "a token of another key": await token().sign(other.privateKey),
  "a token that has expired": await token().setExpirationTime("-1s").sign(pair.privateKey),
  "a token of another issuer": await token().setIssuer("https://evil").sign(pair.privateKey),
  "a token that is not signed": `${none({ alg: "none" })}.${none({ sub: "joe", iss: ISSUER })}.`,
})) {
  test(`${what} is answered with 401, and nothing reaches the upstream`, async () => {
    const before = stand.seen.length;
    const got = await ask(given);
    assert.equal(got.status, 401);
    assert.equal(got.headers["www-authenticate"], "Bearer");
    assert.equal(stand.seen.length, before);
  });
}

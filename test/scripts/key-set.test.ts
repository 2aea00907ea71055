// scripts/key-set.ts: keys are fetched once for all requests, and who has a valid token gets in.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Stand } from "./stand.ts";

const ISSUER = "https://id.example";
const pair = await generateKeyPair("RS256", { extractable: true });
const other = await generateKeyPair("RS256");
const keys = [{ ...(await exportJWK(pair.publicKey)), kid: "one" }];

const token = (expires = "1h"): SignJWT =>
  new SignJWT({ sub: "joe" })
    .setProtectedHeader({ alg: "RS256", kid: "one" })
    .setIssuer(ISSUER)
    .setExpirationTime(expires);

test("who has a valid token gets in, and the keys are fetched once for all workers", async () => {
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched++;
    response.end(JSON.stringify({ keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  const port = typeof at === "object" ? at?.port : 0;
  try {
    const env = { KEYS_URL: `http://127.0.0.1:${port}/`, ISSUER };
    const config = { workers: 2 };
    const upstreams = { main: null };
    await using stand = await Stand.start({ script: "key-set.ts", env, upstreams, config });
    const ask = (given: string) =>
      stand.ask("/", { headers: { authorization: `Bearer ${given}`, "x-user": "root" } });
    const valid = await token().sign(pair.privateKey);
    const got = await Promise.all(Array.from({ length: 20 }, () => ask(valid)));
    assert.ok(got.every(({ status }) => status === 200));
    assert.ok(stand.seen.every(({ headers }) => headers["x-user"] === "joe"));
    assert.equal(fetched, 1);
    const refused = [
      "abc",
      await token().sign(other.privateKey),
      await token("-1s").sign(pair.privateKey),
      await token().setIssuer("https://evil").sign(pair.privateKey),
    ];
    for (const one of refused) assert.equal((await ask(one)).status, 401);
    assert.equal(stand.seen.length, 20);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

// jose, unchanged, with a key set that it fetches, in both lanes.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { LANES } from "./fetch-stand.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/scripts/packages/jose.ts", import.meta.url));

const ALGORITHMS = ["RS256", "ES256", "EdDSA"];

const signers = await Promise.all(
  ALGORITHMS.map(async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwt = new SignJWT({ sub: "joe" })
      .setProtectedHeader({ alg, kid: alg })
      .setIssuer("https://id")
      .setExpirationTime("1h");
    return { alg, jwk: await exportJWK(publicKey), token: await jwt.sign(privateKey) };
  }),
);
const keys = signers.map(({ alg, jwk }) => ({ ...jwk, kid: alg, alg }));

const requestFor = (target: string, token: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer ${token}\r\n` +
  "Connection: close\r\n\r\n";

for (const isolation of LANES) {
  test(`jose verifies with a key set that is fetched once (${isolation})`, async () => {
    let asked = 0;
    const service = createServer((_request, response) => {
      asked++;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ keys }));
    }).listen(0, "127.0.0.1");
    await once(service, "listening");
    const { port } = service.address() as AddressInfo;
    try {
      await using proxy = await TestProxy.start({
        config: oneTenant(
          { main: ["127.0.0.1:1"] },
          {
            script: SCRIPT,
            isolation,
            env: { KEYS_URL: `http://127.0.0.1:${port}/keys` },
            egress: ["127.0.0.1"],
          },
        ),
      });
      for (const target of ["/remote", "/shared"]) {
        asked = 0;
        for (const { alg, token } of [...signers, ...signers]) {
          const answer = await exchange(proxy.port, requestFor(target, token));
          assert.equal(`${answer.status} ${answer.body}`, `200 {"sub":"joe","alg":"${alg}"}`);
        }
        // each worker has its own isolate, and all of them one memoryCache
        assert.ok(asked === 1 || (asked === 2 && target === "/remote"), `${target}: ${asked}`);
      }
    } finally {
      service.closeAllConnections();
      service.close();
    }
  });
}

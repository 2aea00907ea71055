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

const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
const keys = [{ ...(await exportJWK(publicKey)), kid: "one", alg: "RS256" }];
const token = await new SignJWT({ sub: "joe" })
  .setProtectedHeader({ alg: "RS256", kid: "one" })
  .setIssuer("https://id")
  .setExpirationTime("1h")
  .sign(privateKey);
const REQUEST =
  `GET /remote HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer ${token}\r\n` +
  "Connection: close\r\n\r\n";

for (const isolation of LANES) {
  test(`jose verifies with a key set that it fetches once (${isolation})`, async () => {
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
      for (let i = 0; i < 4; i++) {
        const answer = await exchange(proxy.port, REQUEST);
        assert.equal(`${answer.status} ${answer.body}`, '200 {"sub":"joe","alg":"RS256"}');
      }
      assert.ok(asked >= 1 && asked <= 2, `${asked}`); // each worker has its own isolate
    } finally {
      service.closeAllConnections();
      service.close();
    }
  });
}

// scripts/webhook.ts: what is signed gets through as it came, and nothing else does.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { Stand } from "./stand.ts";

const HOOK_SECRET = "the-secret-of-the-hook";
const sign = (body: string, secret = HOOK_SECRET): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

test("a signed body reaches the upstream, one that is not is answered with 401", async () => {
  await using stand = await Stand.start({
    script: "webhook.ts",
    env: { HOOK_SECRET },
    upstreams: { main: (incoming, outgoing) => incoming.pipe(outgoing) },
  });
  const post = (body: string, signature: string) =>
    stand.ask("/hooks/push", {
      method: "POST",
      headers: { "x-hub-signature-256": signature },
      body,
    });
  const body = '{"ref":"main","text":"é"}';
  assert.equal((await post(body, sign(body))).body, body);
  for (const signature of ["", "sha256=", sign("x"), sign(body, "y"), sign(body).slice(0, -1)]) {
    assert.equal((await post(body, signature)).status, 401, signature);
  }
  assert.equal(stand.seen.length, 1);
  assert.equal((await stand.ask("/other")).status, 200);
});

// Webhooks: what comes to /hooks/ must be signed as GitHub does it: an HMAC-SHA-256 of the body is
// in x-hub-signature-256. The upstream sees none without it, and need not know the secret.

import { definePhases, env } from "sluice";

const HMAC = { name: "HMAC", hash: "SHA-256" };

async function isSigned(body: Uint8Array<ArrayBuffer>, given: string): Promise<boolean> {
  const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(given) ?? [];
  if (hex === undefined) return false;
  const secret = new TextEncoder().encode(env.HOOK_SECRET);
  const key = await crypto.subtle.importKey("raw", secret, HMAC, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(hex), body);
}

export default definePhases({
  async requestFilter({ request }) {
    const { path, headers } = request;
    if (path !== null && !path.startsWith("/hooks/")) return undefined;
    // kept for the upstream, which gets it as it came
    const body = await request.bytes();
    if (await isSigned(body, headers.get("x-hub-signature-256") ?? "")) return undefined;
    return Response.json({ error: "The signature is not right." }, { status: 401 });
  },
});

// Signed URLs: /files/ is open to whoever has a link that was made with the key, for a while:
// /files/a.pdf?expires=1767225600&signature=HEX, an HMAC-SHA-256 of what stands before "&".

import { definePhases, env } from "sluice";

const HMAC = { name: "HMAC", hash: "SHA-256" };

async function isSigned(text: string, signature: string): Promise<boolean> {
  const secret = new TextEncoder().encode(env.URL_KEY);
  const key = await crypto.subtle.importKey("raw", secret, HMAC, false, ["verify"]);
  const given = Uint8Array.fromHex(signature);
  return await crypto.subtle.verify("HMAC", key, given, new TextEncoder().encode(text));
}

export default definePhases({
  async requestFilter({ request }) {
    const { path } = request;
    if (path !== null && !path.startsWith("/files/")) return undefined;
    const { pathname, searchParams } = new URL(request.url);
    const expires = searchParams.get("expires") ?? "";
    const signature = searchParams.get("signature") ?? "";
    const isValid = await isSigned(`${pathname}?expires=${expires}`, signature).catch(() => false);
    if (!isValid) return new Response("This link is not valid.", { status: 403 });
    if (!(Number(expires) * 1000 > Date.now())) {
      return new Response("This link has expired.", { status: 410 });
    }
    request.target = pathname; // the upstream has no use for the rest
    return undefined;
  },
});

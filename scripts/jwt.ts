// Tokens: a request without a valid JWT gets 401. The tenant's env has the issuer's keys as KEYS, a
// JWK set of ES256 keys, and its name as ISSUER. The upstream learns who the token speaks of.

import { definePhases, env } from "sluice";

const { keys }: { keys: { kid: string }[] } = JSON.parse(env.KEYS ?? '{"keys":[]}');
const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const bytesOf = (part: string) => Uint8Array.fromBase64(part, { alphabet: "base64url" });
const parse = (part: string) => JSON.parse(new TextDecoder().decode(bytesOf(part)));

/** Who the token speaks of; null: it is not valid. */
async function subjectOf(token: string): Promise<string | null> {
  const [head = "", body = "", signature = ""] = token.split(".");
  const { alg, kid } = parse(head);
  const jwk = keys.find((key) => key.kid === kid);
  if (alg !== "ES256" || jwk === undefined) return null;
  const key = await crypto.subtle.importKey("jwk", { ...jwk }, ES256, false, ["verify"]);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  if (!(await crypto.subtle.verify(ES256, key, bytesOf(signature), signed))) return null;
  const { iss, exp, sub } = parse(body);
  return iss === env.ISSUER && exp * 1000 > Date.now() ? `${sub}` : null;
}

export default definePhases({
  async requestFilter({ request }) {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    // what cannot even be read is not valid
    const subject = await subjectOf(given).catch(() => null);
    if (subject === null) {
      const headers = { "www-authenticate": "Bearer", "cache-control": "no-store" };
      return Response.json({ error: "A valid token is needed." }, { status: 401, headers });
    }
    request.headers.set("x-user", subject); // replaces what the client may have claimed
    request.headers.delete("authorization");
    return undefined;
  },
});

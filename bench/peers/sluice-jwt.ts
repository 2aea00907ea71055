// A token, signed with RS256, is verified with a key that is imported once for each isolate. Who it
// speaks of goes to the origin.

import { definePhases, env } from "sluice";

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const bytesOf = (part: string) => Uint8Array.fromBase64(part, { alphabet: "base64url" });

let key: CryptoKey | undefined;

/** Null: the token is not valid. */
async function subjectOf(token: string): Promise<string | null> {
  const [head = "", body = "", signature = ""] = token.split(".");
  key ??= await crypto.subtle.importKey("jwk", JSON.parse(env.JWK ?? ""), RS256, false, ["verify"]);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  if (!(await crypto.subtle.verify(RS256.name, key, bytesOf(signature), signed))) return null;
  const { exp, sub } = JSON.parse(new TextDecoder().decode(bytesOf(body)));
  return exp * 1000 > Date.now() ? `${sub}` : null;
}

export default definePhases({
  async requestFilter({ request }) {
    const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
    const subject = await subjectOf(token).catch(() => null);
    if (subject === null) return new Response(null, { status: 401 });
    request.headers.set("x-user", subject);
    return undefined;
  },
});

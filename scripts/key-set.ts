// Tokens of an identity provider: its keys are fetched from KEYS_URL by one request, and kept for
// ten minutes, or a day longer should it be down. A request without a valid token gets 401.

import { definePhases, env, memoryCache } from "sluice";

const TIMES = { ttlMs: 600_000, staleMs: 86_400_000 };
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const bytesOf = (part: string) => Uint8Array.fromBase64(part, { alphabet: "base64url" });
const parse = (part: string) => JSON.parse(new TextDecoder().decode(bytesOf(part)));

async function fetchKeys(): Promise<{ keys: { kid: string }[] }> {
  const response = await fetch(env.KEYS_URL ?? "", { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`the keys: ${response.status}`);
  return JSON.parse(await response.text());
}

async function subjectOf(token: string): Promise<string> {
  const [head = "", body = "", signature = ""] = token.split(".");
  const { alg, kid } = parse(head);
  const { keys } = await memoryCache.getOrSet("keys", TIMES, fetchKeys);
  const jwk = keys.find((key) => key.kid === kid);
  if (alg !== "RS256" || jwk === undefined) throw new Error("no such key");
  const key = await crypto.subtle.importKey("jwk", { ...jwk }, RS256, false, ["verify"]);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  const { iss, exp, sub } = parse(body);
  const isValid = await crypto.subtle.verify(RS256, key, bytesOf(signature), signed);
  if (!isValid || iss !== env.ISSUER || exp * 1000 < Date.now()) throw new Error("not valid");
  return `${sub}`;
}

export default definePhases({
  async requestFilter({ request }) {
    const [, token = ""] =
      /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    const subject = await subjectOf(token).catch(() => null);
    if (subject === null) return new Response("a valid token is needed", { status: 401 });
    request.headers.set("x-user", subject); // replaces what the client may have claimed
    return undefined;
  },
});

// GraphQL's persisted queries: a client sends the SHA-256 of its query, and the query itself only
// once, when nobody knows it. The upstream gets whole queries all the same.

import { definePhases, memoryCache } from "sluice";

const DAY = { ttlMs: 86_400_000 };
const headers = { "content-type": "application/json" };

interface Asked {
  query?: string;
  extensions?: { persistedQuery?: { sha256Hash?: string } };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const refusal = (message: string, code: string) =>
  Response.json({ errors: [{ message, extensions: { code } }] });

export default definePhases({
  async requestFilter({ request }) {
    if (request.method !== "POST" || request.path !== "/graphql") return;
    const asked: Asked = JSON.parse(await request.text());
    const hash = asked.extensions?.persistedQuery?.sha256Hash;
    if (hash === undefined) return;
    const query = asked.query ?? (await memoryCache.get<string>(`query/${hash}`));
    if (query === undefined) {
      return refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND");
    }
    if (asked.query !== undefined) {
      if ((await sha256(query)) !== hash) return refusal("provided sha does not match", "BAD_HASH");
      await memoryCache.set(`query/${hash}`, query, DAY);
    }
    const body = JSON.stringify({ ...asked, query });
    return fetch("http://api/graphql", { method: "POST", headers, body, upstream: "main" });
  },
});

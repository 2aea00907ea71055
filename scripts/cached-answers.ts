// Answers kept in memory: what the group "catalogue" says of a path is good for half a minute, and
// for ten more while one request fetches it anew. Of a hundred that come at once one asks.

import { definePhases, memoryCache } from "sluice";

const TIMES = { ttlMs: 30_000, staleMs: 600_000 };
const UPSTREAM = { upstream: "catalogue" };
/** Who is known by these may get an answer of its own. */
const PERSONAL = ["authorization", "cookie", "range"];

interface Kept {
  status: number;
  type: string;
  body: Uint8Array;
}

async function read(path: string): Promise<Kept> {
  const response = await fetch(`http://catalogue${path}`, UPSTREAM);
  // a failure is nobody else's, and is not kept
  if (response.status >= 500) throw new Error(`${path}: ${response.status}`);
  const type = response.headers.get("content-type") ?? "application/octet-stream";
  return { status: response.status, type, body: await response.bytes() };
}

export default definePhases({
  async requestFilter({ request }) {
    const path = request.path ?? "";
    const isPersonal = PERSONAL.some((name) => request.headers.has(name));
    if (request.method !== "GET" || isPersonal || !path.startsWith("/catalogue/")) return;
    const { target } = request;
    const { status, type, body } = await memoryCache.getOrSet(target, TIMES, () => read(target));
    return new Response(body, { status, headers: { "content-type": type } });
  },
});

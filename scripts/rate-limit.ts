// Rate limit: so many requests a minute for each client, exact across all workers. Counters have
// names that are there for good, so clients share 256 of them by a hash of their address: two
// clients in one bucket share its limit. LIMIT is the number of requests (default 600).

import { counter, definePhases, env } from "sluice";

const limit = Number(env.LIMIT ?? 600);
if (!(limit >= 1 && limit <= 1e6)) throw new Error("LIMIT: expected a number from 1 to 1000000");

const WINDOW_MS = 60_000;
const BUCKETS = Array.from({ length: 256 }, (_, i) => counter(`rate_${i}`));

/** A counter holds window × SPAN + requests in it: one number, so that both change at once. */
const SPAN = 2 ** 24;

function bucketOf(address: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < address.length; i++) h = Math.imul(h ^ address.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) & 255;
}

export default definePhases({
  requestFilter({ client }) {
    const bucket = BUCKETS[bucketOf(client.address)];
    if (bucket === undefined) return undefined;
    const nowMs = Date.now();
    const start = Math.floor(nowMs / WINDOW_MS) * SPAN;
    const seen = bucket.get();
    if (seen < start) bucket.compareExchange(seen, start); // one of all workers opens the window
    if (bucket.incr() % SPAN <= limit) return undefined;
    const retryAfter = `${Math.ceil((WINDOW_MS - (nowMs % WINDOW_MS)) / 1000)}`;
    return new Response("Too many requests.\n", {
      status: 429,
      headers: { "retry-after": retryAfter, "cache-control": "no-store" },
    });
  },
});

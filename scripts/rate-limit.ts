// Rate limit: so many requests in any minute for each client's address, exact across all workers
// and through deployments. LIMIT is the number of requests (default 600).

import { definePhases, env, rateLimit } from "sluice";

const requests = rateLimit("requests", {
  limit: Number(env.LIMIT ?? 600),
  windowMs: 60_000,
  algorithm: "sliding-window",
});

export default definePhases({
  requestFilter({ client }) {
    const { allowed, retryAfterMs } = requests.take(client.address);
    if (allowed) return undefined;
    const retryAfter = `${Math.ceil(retryAfterMs / 1000)}`;
    return new Response("Too many requests.\n", {
      status: 429,
      headers: { "retry-after": retryAfter, "cache-control": "no-store" },
    });
  },
});

// A rate limit for each client's address, which no request of the bench exceeds.

import { definePhases, rateLimit } from "sluice";

const requests = rateLimit("requests", {
  limit: 500_000,
  windowMs: 1_000,
  algorithm: "sliding-window",
});

export default definePhases({
  requestFilter: ({ client }) =>
    requests.take(client.address).allowed ? undefined : new Response(null, { status: 429 }),
});

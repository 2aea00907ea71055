// In flight: a client has at most PER_CLIENT requests under way at once (default 20), and the slow
// reports of all clients are at most REPORTS at once (default 4), exact across all workers.

import { definePhases, env, inflight } from "sluice";

const perClient = inflight("client", { limit: Number(env.PER_CLIENT ?? 20) });
const reports = inflight("reports", { limit: Number(env.REPORTS ?? 4) });

export default definePhases({
  requestFilter({ client, request }) {
    if (!perClient.enter(client.address)) return refusal(429, "Too many requests at once.\n");
    const isReport = request.path?.startsWith("/reports/") === true;
    if (isReport && !reports.enter("all")) return refusal(503, "Busy: try again soon.\n");
    return undefined;
  },
});

const refusal = (status: number, text: string): Response =>
  new Response(text, { status, headers: { "retry-after": "1", "cache-control": "no-store" } });

// One function for each phase of a request; `ctx` goes from one to the next.

import { counter, definePhases, env, log } from "sluice";

const requests = counter("requests");

export default definePhases({
  newCtx: () => ({ beta: false }),

  requestFilter({ request }, ctx) {
    // of //admin, /%61dmin or /x/../admin some servers make /admin, and others do not: path is null
    if (request.path === null) return new Response("which path is that?\n", { status: 400 });
    if (/^\/admin\b/i.test(request.path))
      return new Response("not from outside\n", { status: 403 });
    ctx.beta = request.headers.has("beta-flag");
  },

  upstreamPeer(_session, ctx) {
    return ctx.beta ? "beta" : "stable";
  },

  upstreamRequestFilter(session) {
    session.upstreamRequest.headers.set("x-greeting", env.GREETING ?? "");
  },

  responseFilter(session) {
    session.response.headers.set("x-requests", String(requests.incr()));
  },

  logging(session, ctx) {
    log.info(`${session.request.target}: ${ctx.beta ? "beta" : "stable"}`);
  },
});

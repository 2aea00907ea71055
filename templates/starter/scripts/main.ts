// One function for each phase of a request; `ctx` goes from one to the next.

import { counter, definePhases, env, log } from "sluice";

const requests = counter("requests");

export default definePhases({
  newCtx: () => ({ beta: false }),

  requestFilter(session, ctx) {
    if (session.request.target.startsWith("/admin")) {
      return new Response("not from outside\n", { status: 403 });
    }
    ctx.beta = session.request.headers.has("beta-flag");
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

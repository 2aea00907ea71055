// The tour of Sluice in one script: a ctx for each request, a counter across all of them, and a
// choice of upstream.

import { counter, definePhases, log } from "sluice";

const requests = counter("requests");
const betaRequests = counter("beta_requests");

export default definePhases({
  newCtx: () => ({ betaUser: false, upstreamReused: false }),

  requestFilter(session, ctx) {
    ctx.betaUser = session.request.headers.has("beta-flag");
  },

  upstreamPeer(_session, ctx) {
    const n = requests.incr();
    if (ctx.betaUser) {
      log.info(`I'm a beta user #${betaRequests.incr()}`);
      return "beta";
    }
    log.info(`I'm an user #${n}`);
    return "stable";
  },

  connectedToUpstream(session, ctx) {
    ctx.upstreamReused = session.upstream.reused;
  },

  logging(_session, ctx) {
    log.info(`request complete — upstream connection reused: ${ctx.upstreamReused}`);
  },
});

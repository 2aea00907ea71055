// One filter parses, a later one decides: ctx carries what was found.

import { definePhases, log } from "sluice";

export default definePhases({
  newCtx: () => ({ betaUser: false }),

  requestFilter({ request }, ctx) {
    ctx.betaUser = request.headers.has("beta-flag");
  },

  upstreamPeer(_session, ctx) {
    if (!ctx.betaUser) return "stable";
    log.info("I'm a beta user");
    return "beta";
  },
});

// One phase knows whether the connection was reused, another one tells.

import { counter, definePhases, log } from "sluice";

const reused = counter("reused");
const connected = counter("connected");

export default definePhases({
  newCtx: () => ({ upstreamReused: false }),

  connectedToUpstream({ upstream }, ctx) {
    ctx.upstreamReused = upstream.reused;
    connected.incr();
    if (upstream.reused) reused.incr();
  },

  logging(_session, ctx) {
    log.info(`request complete — upstream connection reused: ${ctx.upstreamReused}`);
    log.info(`${reused.get()} of ${connected.get()} were`);
  },
});

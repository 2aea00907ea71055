// One phase knows whether the connection was reused, another one tells.

import { counter, definePhases, log } from "sluice";

const connections = counter("connections", { labels: { reused: ["yes", "no"] } });

export default definePhases({
  newCtx: () => ({ upstreamReused: false }),

  connectedToUpstream({ upstream }, ctx) {
    ctx.upstreamReused = upstream.reused;
    connections.labels({ reused: upstream.reused ? "yes" : "no" }).incr();
  },

  logging(_session, ctx) {
    log.info(`request complete — upstream connection reused: ${ctx.upstreamReused}`);
    const reused = connections.labels({ reused: "yes" }).get();
    log.info(`${reused} of ${reused + connections.labels({ reused: "no" }).get()} were`);
  },
});

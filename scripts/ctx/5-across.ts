// What requests share: counts in counters, switches in flags, what never changes in constants.

import { counter, definePhases, flag, log } from "sluice";

const BETA_HEADER = "beta-flag";

const requests = counter("requests");
const betaRequests = counter("beta_requests");

export default definePhases({
  newCtx: () => ({ betaUser: false }),

  requestFilter({ request }, ctx) {
    ctx.betaUser = flag("beta-is-open", true) && request.headers.has(BETA_HEADER);
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
});

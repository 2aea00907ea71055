// Failover: the first try goes to upstream group `primary`, every further one to `backup`. Only
// what may be repeated is: nothing was sent yet, or the method is safe and nothing was answered
// yet.

import { definePhases, log } from "sluice";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
/** The peer took the request and then failed: another one may do better. */
const WORTH_ANOTHER_TRY = new Set(["upstream_closed", "upstream_timeout", "upstream_protocol"]);

export default definePhases({
  earlyRequestFilter(session) {
    session.options.maxRetries = 2;
    session.options.responseTimeoutMs = 10_000;
  },

  upstreamPeer: ({ attempt }) => (attempt === 1 ? "primary" : "backup"),

  failToConnect({ error, peer }) {
    log.warn(`${peer}: ${error.code}`);
    return "retry"; // honoured while there are retries left
  },

  errorWhileProxy({ error, peer, request }) {
    log.warn(`${peer}: ${error.code}`);
    const isWorthIt = SAFE.has(request.method) && WORTH_ANOTHER_TRY.has(error.code);
    return isWorthIt ? "retry" : undefined; // undefined: by the proxy's own rule
  },
});

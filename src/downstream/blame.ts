// Decides whether a failure counts against the peer at which it happened.

import type { SluiceError } from "../base/errors.ts";
import type { Exchange } from "../phases/exchange.ts";

/**
 * Not what is ours (descriptors, hooks, clients that left), nor a time that the script has set, nor
 * the end of a connection that had rested.
 */
export function isPeersFault({ code, kind }: SluiceError, exchange: Exchange): boolean {
  if (kind.blame !== "upstream" || code === "peers_busy") return false;
  if (code === "upstream_timeout") return exchange.options.responseTimeoutMs === undefined;
  return code !== "upstream_closed" || !exchange.isReused;
}

// Decides whether a failure counts against the peer at which it happened, and whether the request
// may go there again.

import { ERRORS, type ErrorKind, type SluiceError } from "../base/errors.ts";
import { isIdempotent } from "../http1/methods.ts";
import type { Exchange } from "../phases/exchange.ts";
import { optionOf } from "../phases/layer.ts";

/**
 * Not what is ours (descriptors, hooks, clients that left), nor a time that the script has set, nor
 * the end of a connection that had rested, or that was announced.
 */
export function isPeersFault({ code, kind }: SluiceError, exchange: Exchange): boolean {
  if (kind.blame !== "upstream" || code === "peers_busy") return false;
  if (code === "upstream_leaving") return false;
  if (code === "upstream_timeout") return optionOf(exchange, "responseTimeoutMs") === undefined;
  return code !== "upstream_closed" || !exchange.isReused;
}

/**
 * The default rule: whether the request that was sent may go out again, on a new connection, since
 * the peer may have closed this one while it was idle. What was sent counts, not what came.
 */
export function mayResend(error: SluiceError, exchange: Exchange): boolean {
  const { isReused, upstreamRequest } = exchange;
  if (ERRORS[error.code].retry !== "reused" || !isReused) return false;
  return upstreamRequest !== null && isIdempotent(upstreamRequest.method);
}

/** What else it sends may be worse; who only comes too often would cost a connection more. */
export const makesDistrust = ({ blame, status }: ErrorKind): boolean =>
  blame === "downstream" && status !== TOO_MANY;

const TOO_MANY = 429;

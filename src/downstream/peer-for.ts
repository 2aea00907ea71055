// The peer that was chosen as one request has it: with the times of its route or its script, and
// with connections for its client alone, where they say whose they are.

import type { RouteTimeouts } from "../base/config/policy/types.ts";
import type { Exchange } from "../phases/exchange.ts";
import { optionOf } from "../phases/layer.ts";
import { forClient } from "../upstream/proxied-peer.ts";
import type { Peer } from "../upstream/transport.ts";
import type { ClientSender } from "./client-stream.ts";
import type { Route } from "./policy/route.ts";

/** Where the request came in, and where it goes. */
export interface RequestPlace {
  /** Null: it has none. */
  readonly route: Pick<Route, "group" | "timeouts"> | null;
  readonly sender: Pick<ClientSender, "destination">;
}

export function peerFor(exchange: Exchange, peer: Peer, { route, sender }: RequestPlace): Peer {
  const own = peer.proxy === null ? peer : ofClient(peer, exchange, sender);
  const times = route?.timeouts ?? null;
  const responseTimeoutMs = optionOf(exchange, "responseTimeoutMs");
  if (times === null && responseTimeoutMs === undefined) return own;
  return withTimes(own, times, responseTimeoutMs);
}

/** The client that hooks and the log know, which may be one that a trusted proxy names. */
function ofClient(
  peer: Peer,
  { client: { address, port } }: Exchange,
  { destination }: RequestPlace["sender"],
): Peer {
  return forClient(peer, { source: { address, port }, destination });
}

/** @param own  the script's, which counts before the route's */
function withTimes(peer: Peer, times: RouteTimeouts | null, own: number | undefined): Peer {
  return {
    ...peer,
    connectTimeoutMs: times?.connectMs || peer.connectTimeoutMs,
    responseTimeoutMs: own ?? (times?.firstByteMs || peer.responseTimeoutMs),
    bodyTimeoutMs: own ?? (times?.betweenBytesMs || peer.bodyTimeoutMs),
  };
}

// Peers that are told whose each connection is, by the PROXY protocol (version 2). Such a one
// carries the requests of one client alone: whose it is, is part of what identifies its pool.

import type { Ends } from "../proxy-protocol/header.ts";
import { LOCAL_HEADER, proxyHeader } from "../proxy-protocol/write-header.ts";
import type { Peer, PeerProxy } from "./transport.ts";

/** The proxy speaks for itself: checks, and what scripts fetch. @param peerKey  without it */
export const ownProxy = (peerKey: string): PeerProxy => ({ header: LOCAL_HEADER, peerKey });

/** The peer, with connections for this client. */
export function forClient(peer: Peer, ends: Ends): Peer {
  if (peer.proxy === null) return peer;
  const { peerKey } = peer.proxy;
  const { source, destination } = ends;
  const whose = `${source.address} ${source.port} ${destination.address} ${destination.port}`;
  const key = `${peerKey} for ${whose}`;
  return { ...peer, key, proxy: { header: proxyHeader(ends), peerKey } };
}

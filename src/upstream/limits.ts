// The bounds of the upstream side: one table, the unit last in the name, the reason beside it.

import { CODEC_LIMITS, type CodecLimits } from "../http1/limits.ts";

export interface UpstreamLimits {
  /** Idle connections kept for one peer. */
  readonly idlePerPeerMax: number;
  /** Idle connections kept for all peers together. */
  readonly idleTotalMax: number;
  /** Connections with logins that one client keeps to itself. */
  readonly loginsPerClientMax: number;
  /** Host names whose addresses are remembered. */
  readonly namesMax: number;
  /** How long addresses are used before they are asked for again. */
  readonly nameTtlMs: number;
  /** After a query that failed: how long until the next. */
  readonly nameFailureTtlMs: number;
  /** Addresses of one name that one connect tries. */
  readonly addressesPerConnectMax: number;
  /** How long an address may take to accept while there are others to try. */
  readonly addressAttemptMs: number;
  /** TLS sessions kept for resumption. */
  readonly tlsSessionsMax: number;
  /** Interim (1xx) responses before the final one. */
  readonly informationalMax: number;
  /** Sizes of a response's head and trailers. */
  readonly codec: CodecLimits;
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  // A worker at full speed keeps some 64 busy towards one peer; four times that covers bursts.
  idlePerPeerMax: 256,
  // Each costs a descriptor and some 3 KB; four busy peers, or many quiet ones.
  idleTotalMax: 1_024,
  // A client logs in to one peer, or to a few behind different routes.
  loginsPerClientMax: 4,
  // Configured names are dozens; those of scripts may be many, at some 300 bytes each.
  namesMax: 1_024,
  // getaddrinfo does not tell the TTL: short enough to follow a failover by DNS.
  nameTtlMs: 10_000,
  // A name that has just been created, or a resolver that was restarted, is seen soon.
  nameFailureTtlMs: 2_000,
  // Two of each family: what is dead beyond that is a matter of another peer.
  addressesPerConnectMax: 4,
  // RFC 8305 section 5 recommends 250 ms: longer than the way round most continents.
  addressAttemptMs: 250,
  // Some 2 KB each.
  tlsSessionsMax: 512,
  // An honest origin sends one or two (103 once or twice, 102 at intervals during long work).
  informationalMax: 16,
  codec: CODEC_LIMITS,
};

// The bounds of the upstream side: one table, the unit last in the name, the reason beside it.

import { LIMITS } from "../base/limits.ts";
import { CODEC_LIMITS, type CodecLimits } from "../http1/limits.ts";

export interface UpstreamLimits {
  /** Idle connections kept for one peer. */
  readonly idlePerPeerMax: number;
  /** Idle connections kept for all peers together. */
  readonly idleTotalMax: number;
  /** How long those rest that are beyond the peer's bound. */
  readonly surplusIdleMs: number;
  /** Connections to all peers, in use or idle: for one more, an idle one is closed. */
  readonly openMax: number;
  /** Connections with logins that one client keeps to itself. */
  readonly loginsPerClientMax: number;
  /** Host names whose addresses are remembered, besides those of the configuration. */
  readonly namesMax: number;
  /** Host names chosen by a tenant's scripts whose addresses are remembered. */
  readonly namesPerTenantMax: number;
  /** Of those, how many are asked for at once. */
  readonly queriesPerTenantMax: number;
  /** Tenants for which such names are remembered. */
  readonly nameTablesMax: number;
  /** How long a name server may take, … */
  readonly nameServerMs: number;
  /** … and how often it is asked. */
  readonly nameServerTries: number;
  /** Of a name that has addresses of one family: how long the other's are waited for. */
  readonly secondFamilyMs: number;
  /** How long addresses are used before they are asked for again. */
  readonly nameTtlMs: number;
  /** After a query that failed: how long until the next. */
  readonly nameFailureTtlMs: number;
  /** Of names that stand for all their addresses: how soon and how late they are asked again. */
  readonly ttlMinMs: number;
  readonly ttlMaxMs: number;
  /** Addresses of one name that one connect tries. */
  readonly addressesPerConnectMax: number;
  /** How long an address may take to accept while there are others to try. */
  readonly addressAttemptMs: number;
  /** TLS sessions kept for resumption. */
  readonly tlsSessionsMax: number;
  /** How long what has arrived of a peer that has closed is looked for. */
  readonly aftermathMs: number;
  /** Interim (1xx) responses that a peer may send at once, … */
  readonly interimsMax: number;
  /** … and how often one more. */
  readonly interimEveryMs: number;
  /** Sizes of a response's head and trailers. */
  readonly codec: CodecLimits;
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  // A worker at full speed keeps some 64 busy towards one peer; four times that covers bursts.
  idlePerPeerMax: 256,
  // Each costs a descriptor and some 3 KB; four busy peers, or many quiet ones.
  idleTotalMax: 1_024,
  // With a thousand requests under way all of them come back at once, and are wanted again at once:
  // one that was ended would have to be opened anew. No more can come to rest than were in use.
  surplusIdleMs: 1_000,
  // Those in use are bounded by clients; how many descriptors there are is known at the start.
  openMax: Number.MAX_SAFE_INTEGER,
  // A client logs in to one peer, or to a few behind different routes.
  loginsPerClientMax: 4,
  // Of a configuration that was replaced, and still has requests under way.
  namesMax: 1_024,
  // A platform's customer has a few origins; with 1,024 tenants that is 20 MB at 300 bytes a name.
  namesPerTenantMax: 64,
  // One that is not answered must not hold up the tenant's others; each costs two datagrams.
  queriesPerTenantMax: 4,
  nameTablesMax: 1_024,
  // Twice what c-ares itself waits for a server of the same building; with two tries below the
  // usual time to connect.
  nameServerMs: 2_000,
  nameServerTries: 2,
  // RFC 8305 section 3.
  secondFamilyMs: 50,
  // getaddrinfo does not tell the TTL: short enough to follow a failover by DNS.
  nameTtlMs: 10_000,
  // A name that has just been created, or a resolver that was restarted, is seen soon.
  nameFailureTtlMs: 2_000,
  // Servers that say 0 mean "do not keep it": once a second is what a proxy can ask for that.
  ttlMinMs: 1_000,
  // A TTL of a day was set before anybody knew that the address would change.
  ttlMaxMs: 300_000,
  // Two of each family: what is dead beyond that is a matter of another peer.
  addressesPerConnectMax: 4,
  // RFC 8305 section 5 recommends 250 ms: longer than the way round most continents.
  addressAttemptMs: 250,
  // Some 2 KB each.
  tlsSessionsMax: 512,
  // More than `Deadlines` moves at once, so that the event loop has looked in between.
  aftermathMs: LIMITS.deadlineStepMs,
  // An honest origin sends one or two at once (103), …
  interimsMax: 16,
  // … and 102 during long work, at the rate of a progress bar at most. At this one even the largest
  // heads are 256 KiB a second.
  interimEveryMs: 250,
  codec: CODEC_LIMITS,
};

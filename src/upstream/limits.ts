// The bounds of the upstream side: one table, the unit last in the name, the reason beside it.

export interface UpstreamLimits {
  /** Idle connections kept for one peer. */
  readonly idlePerPeerMax: number;
  /** Idle connections kept for all peers together. */
  readonly idleTotalMax: number;
  /** Bytes of a response head, interim heads counted one by one. */
  readonly responseHeadBytesMax: number;
  /** Interim (1xx) responses before the final one. */
  readonly informationalMax: number;
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  // A worker at full speed keeps some 64 busy towards one peer; four times that covers bursts.
  idlePerPeerMax: 256,
  // Each costs a descriptor and some 3 KB; 1,024 is the usual soft limit of descriptors.
  idleTotalMax: 1_024,
  // What common origins and proxies let out at most (nginx 4 to 8 KB, Node 16 KB), doubled.
  responseHeadBytesMax: 32_768,
  // An honest origin sends one or two (103 once or twice, 102 at intervals during long work).
  informationalMax: 16,
};

// The bounds of the upstream side: one table, the unit last in the name, the reason beside it.

import { CODEC_LIMITS, type CodecLimits } from "../http1/limits.ts";

export interface UpstreamLimits {
  /** Idle connections kept for one peer. */
  readonly idlePerPeerMax: number;
  /** Idle connections kept for all peers together. */
  readonly idleTotalMax: number;
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
  // An honest origin sends one or two (103 once or twice, 102 at intervals during long work).
  informationalMax: 16,
  codec: CODEC_LIMITS,
};

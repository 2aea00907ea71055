// The groups of tenants' peers as the control plane sees and changes them while the proxy runs, by
// the tenants' identities (base/identity.ts). The fleet implements it.

import type { PeerState } from "../upstream/control/controlled-peer.ts";

export interface UpstreamsAccess {
  /** The groups that serve, with their peers. */
  of(tenant: string): readonly GroupView[];
  change(place: PeerPlace, change: PeerChange): PeerRefusal | null;
  add(place: PeerPlace, peer: NewPeer): PeerRefusal | null;
  remove(place: PeerPlace): PeerRefusal | null;
}

export interface PeerPlace {
  readonly tenant: string;
  readonly group: string;
  /** Its address: `host:port`. */
  readonly peer: string;
}

export interface PeerChange {
  readonly state?: "ready" | "draining" | "disabled" | undefined;
  readonly weight?: number | undefined;
  /** For a drain: when it is over whatever is under way; left out: when nothing is. */
  readonly drainMs?: number | undefined;
}

export interface NewPeer {
  readonly weight: number;
  readonly priority: number;
}

/** `none`: there is no such group, or peer. `there`: there is such a peer. `full`: no room. */
export type PeerRefusal = "none" | "there" | "full" | "last";

export interface GroupView {
  readonly name: string;
  readonly balance: string;
  /** So few peers are sound that all are used. */
  readonly panic: boolean;
  /** Requests that wait for a peer with room. */
  readonly queued: number;
  readonly peers: readonly PeerView[];
}

export interface PeerView {
  readonly address: string;
  readonly state: PeerState;
  /** Why; empty: the state says it. */
  readonly reason: string;
  readonly weight: number;
  readonly priority: number;
  /** Of the configuration, or added since. */
  readonly origin: "file" | "added";
  /** Under way, WebSockets among them. */
  readonly active: number;
  /** Attempts since the proxy started, by what came of them. */
  readonly answered: number;
  readonly failed: number;
  readonly ejections: number;
}

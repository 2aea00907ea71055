// Which peers a group has: those of the configuration, as their names were resolved, and what was
// added and removed while the proxy runs.

import type { Peer, PeerSeats } from "../transport.ts";
import type { GroupText } from "./table.ts";

/** A peer of the configuration. */
export interface GroupPeer {
  readonly address: string;
  readonly priority: number;
}

export interface GroupPlan {
  readonly peers: readonly GroupPeer[];
  /**
   * @param as  address of the peer of the configuration whose options it has; null: the group's
   */
  peerAt(address: string, as: string | null, seats: PeerSeats | null): Peer;
}

type Edits = Pick<GroupText, "added" | "removed" | "resolved">;

export interface WantedPeer extends GroupPeer {
  /** Address of the peer of the configuration whose options it has; null: the group's. */
  readonly as: string | null;
}

/** Those of the configuration, as they were resolved, and what was added and removed since. */
export function wantedOf(peers: readonly GroupPeer[], text: Edits): WantedPeer[] {
  const wanted = new Map<string, WantedPeer>();
  for (const { address: as, priority } of peers) {
    for (const address of text.resolved[as] ?? [as]) {
      if (!wanted.has(address)) wanted.set(address, { address, as, priority });
    }
  }
  for (const address of text.removed) wanted.delete(address);
  for (const { address, priority } of text.added) {
    wanted.set(address, { address, as: null, priority });
  }
  return [...wanted.values()];
}

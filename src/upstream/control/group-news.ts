// How a group stands, as a process tells its successor: plain data.

import type { AddedPeer } from "../group/table.ts";
import type { ControlledPeer } from "./controlled-peer.ts";

export interface GroupNews {
  /** Identity of the tenant. */
  readonly tenant: string;
  readonly name: string;
  readonly peers: readonly Omit<ControlledPeer, "row">[];
  readonly added: readonly AddedPeer[];
  readonly removed: readonly string[];
}

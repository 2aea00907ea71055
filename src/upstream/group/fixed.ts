// A group of these peers and no others, in memory of its own: for one thread, without a
// configuration behind it.

import { UpstreamGroup } from "../groups.ts";
import type { Peer } from "../transport.ts";
import { type GroupOptions, PLAIN } from "./options.ts";
import type { GroupPlan } from "./plan.ts";
import { RoundRobin } from "./round-robin.ts";
import { GroupTable, NO_TEXT } from "./table.ts";

export const WEIGHT_MAX = 1_000;

export interface WeightedPeer {
  readonly peer: Peer;
  /** Share of the requests, relative to the other peers'. A whole number from 1. */
  readonly weight: number;
  readonly priority?: number;
}

/** A group of these peers and no others, in memory of its own. */
export function fixedGroup(
  name: string,
  members: readonly WeightedPeer[],
  options: Partial<GroupOptions> = {},
): UpstreamGroup {
  for (const { weight, peer } of members) expectWeight(weight, peer.address);
  const table = options.table ?? GroupTable.make({ rows: members.length, workers: 1 });
  const addresses = members.map(({ peer }) => peer.address);
  for (const [row, { weight }] of members.entries()) table.set(row, "weight", weight);
  table.write({ ...NO_TEXT, rows: addresses });
  const peers = new Map(members.map(({ peer }) => [peer.address, peer]));
  const plan: GroupPlan = {
    peers: members.map(({ peer, priority = 0 }) => ({ address: peer.address, priority })),
    peerAt: (address) => {
      const peer = peers.get(address);
      if (peer === undefined) throw new TypeError(`no such peer: ${address}`);
      return peer;
    },
  };
  return new UpstreamGroup(name, plan, { ...PLAIN, policy: new RoundRobin(), table, ...options });
}

function expectWeight(weight: number, address: string): void {
  if (Number.isInteger(weight) && weight >= 1 && weight <= WEIGHT_MAX) return;
  throw new RangeError(`Cannot weigh ${address}: expected 1 to ${WEIGHT_MAX}, got ${weight}`);
}

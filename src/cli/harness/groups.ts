// The upstream groups of one run of a test. It remembers which of them the script chose last. If
// the test names no groups, any name is a group, with a made-up peer.

import type { Tenant } from "../../downstream/serve-context.ts";
import { fixedGroup } from "../../upstream/group/fixed.ts";
import type { UpstreamGroup } from "../../upstream/groups.ts";
import { toPeer } from "../../upstream/peer.ts";
import type { Peer } from "../../upstream/transport.ts";

const NAME = /^[A-Za-z0-9][\w-]{0,62}$/;

/** Groups that come into being when they are named. */
export class AnyGroups extends Map<string, UpstreamGroup> {
  override get(name: string): UpstreamGroup | undefined {
    const known = super.get(name);
    if (known !== undefined || !NAME.test(name)) return known;
    const peer = toPeer(`${name.toLowerCase()}.test:80`);
    if (peer === null) return undefined;
    const group = fixedGroup(name, [{ peer, weight: 1 }]);
    this.set(name, group);
    return group;
  }
}

export interface Watched {
  readonly tenant: Tenant;
  /** The group that this peer was taken from; null: the script named the peer itself. */
  groupOf(peer: Peer): string | null;
}

export function watchGroups(tenant: Tenant): Watched {
  let chosen: UpstreamGroup | null = null;
  const { groups, defaultGroup } = tenant;
  const watched = new (class extends Map<string, UpstreamGroup> {
    override get(name: string): UpstreamGroup | undefined {
      const group = groups.get(name);
      chosen = group ?? null;
      return group;
    }
  })();
  for (const [name, group] of groups) watched.set(name, group);
  return {
    tenant: {
      ...tenant,
      groups: watched,
      get defaultGroup() {
        chosen = defaultGroup;
        return defaultGroup;
      },
    },
    groupOf: ({ address }) =>
      chosen?.peers.some((peer) => peer.address === address) ? chosen.name : null,
  };
}

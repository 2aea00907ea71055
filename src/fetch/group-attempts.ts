// The peers of one of the tenant's own groups, as one hop of a fetch tries them.

import type { UpstreamGroup } from "../upstream/groups.ts";
import type { Peer } from "../upstream/transport.ts";

export class GroupAttempts {
  readonly #group: UpstreamGroup;
  readonly #tried = new Set<string>();

  constructor(group: UpstreamGroup) {
    this.#group = group;
  }

  /** Null: every one was tried. */
  next(): Peer | null {
    return this.#group.next(this.#tried);
  }

  connected(peer: Peer): void {
    this.#group.connected(peer);
  }

  /** It could not be connected to. True: there is another. */
  failed(peer: Peer): boolean {
    this.#group.connectFailed(peer);
    this.#tried.add(peer.key);
    return this.#group.peers.some(({ key }) => !this.#tried.has(key));
  }
}

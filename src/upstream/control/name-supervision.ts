// The names of the groups that serve and whose names stand for all their addresses: each is
// watched, in the main thread alone, and its addresses are the group's peers.

import { isIP } from "node:net";
import { parsePeerAddress } from "../../base/config/address.ts";
import { UPSTREAM_LIMITS } from "../limits.ts";
import { NameServers } from "../name-servers.ts";
import type { GroupControl } from "./group-control.ts";
import type { ServedGroup } from "./group-controls.ts";
import { NameWatch } from "./name-watch.ts";

export interface NamePlace {
  /** Name of the tenant. */
  readonly tenant: string;
  readonly group: string;
  /** As the configuration has it. */
  readonly peer: string;
}

export interface NameSupervisionOptions {
  /** The peers of a group are others now. */
  readonly changed: (place: NamePlace, addresses: readonly string[]) => void;
  /** Those that it has stay. */
  readonly failed: (place: NamePlace, reason: string) => void;
}

interface WatchedNames {
  readonly config: ServedGroup["config"];
  readonly stop: () => void;
}

export class NameSupervision {
  readonly #options: NameSupervisionOptions;
  #watched: ReadonlyMap<GroupControl, WatchedNames> = new Map();

  constructor(options: NameSupervisionOptions) {
    this.#options = options;
  }

  /** These groups serve, and no others. */
  sync(served: readonly ServedGroup[]): void {
    const before = new Map(this.#watched);
    const now = new Map<GroupControl, WatchedNames>();
    for (const group of served) {
      const known = before.get(group.control);
      const isSame = known?.config === group.config;
      if (known !== undefined && isSame) before.delete(group.control);
      const watched = isSame ? known : this.#watch(group);
      if (watched !== undefined) now.set(group.control, watched);
    }
    for (const { stop } of before.values()) stop();
    this.#watched = now;
  }

  stop(): void {
    this.sync([]);
  }

  #watch(group: ServedGroup): WatchedNames | undefined {
    const { config } = group;
    if (config.resolve === null) return undefined;
    const own = config.resolve.servers;
    const servers = new NameServers(UPSTREAM_LIMITS, own.length === 0 ? {} : { servers: own });
    const watches = config.peers.flatMap((peer) => this.#watchOne(group, peer.address, servers));
    const stop = (): void => {
      for (const watch of watches) watch.stop();
      servers.cancel();
    };
    return { config, stop };
  }

  #watchOne(group: ServedGroup, address: string, servers: NameServers): NameWatch[] {
    const { host = "", port = 0 } = parsePeerAddress(address) ?? {};
    if (host === "" || isIP(host) !== 0) return [];
    const { tenant, control } = group;
    const place = { tenant, group: control.name, peer: address };
    const { changed, failed } = this.#options;
    const watch = new NameWatch({
      name: host,
      servers,
      limits: UPSTREAM_LIMITS,
      changed: (addresses) => {
        control.resolve(
          address,
          addresses.map((one) => (isIP(one) === 6 ? `[${one}]:${port}` : `${one}:${port}`)),
        );
        changed(place, addresses);
      },
      failed: (reason) => failed(place, reason),
    });
    return [watch];
  }
}

// Decides by address who is served. A denied network is denied whatever else is allowed. If any
// network is allowed, all others are denied.

import { BlockList, isIP } from "node:net";
import type { Network } from "../../base/config/address.ts";
import type { AccessConfig } from "../../base/config/policy/types.ts";

export class AccessList {
  readonly #allow: BlockList | null;
  readonly #deny: BlockList | null;

  constructor({ allow, deny }: AccessConfig) {
    this.#allow = toList(allow);
    this.#deny = toList(deny);
  }

  /** @param address  of the client, as trusted proxies gave it */
  admits(address: string): boolean {
    const version = isIP(address);
    if (version === 0) return this.#allow === null && this.#deny === null;
    // IPv4 addresses in the form of IPv6 are found by IPv4 networks
    const family = version === 6 ? "ipv6" : "ipv4";
    if (this.#deny?.check(address, family) === true) return false;
    return this.#allow === null || this.#allow.check(address, family);
  }
}

/** Null: nothing is listed, everybody is admitted. */
export function toAccessList(config: AccessConfig): AccessList | null {
  return config.allow.length + config.deny.length === 0 ? null : new AccessList(config);
}

function toList(networks: readonly Network[]): BlockList | null {
  if (networks.length === 0) return null;
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}

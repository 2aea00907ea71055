// Where the peers that a script returns may be: public addresses, and what the tenant's `egress`
// list allows. Judged is the address that is connected to, after its name was resolved, so that
// neither another spelling of an address nor a name that changes its mind leads inside. Groups of
// the configuration are not judged: they are the operator's.

import { BlockList, isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { EgressRule } from "../base/config/address.ts";

/** How long the list of this machine's own addresses is believed. */
const OWN_ADDRESSES_MS = 5_000;

/** IANA's special-purpose registry, and the address at which Azure answers every guest. */
const PRIVATE_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Within 2000::/3: Teredo and its siblings, documentation, 6to4, documentation. */
const PRIVATE_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/** Forms of IPv6 that lead to the IPv4 address in their last 32 bits: mapped, and NAT64. */
const EMBEDDING = ["::ffff:", "64:ff9b::"] as const;

const FORBIDDEN = new BlockList();
const GLOBAL_IPV6 = new BlockList();
for (const [network, prefix] of PRIVATE_IPV4) {
  FORBIDDEN.addSubnet(network, prefix, "ipv4");
  for (const form of EMBEDDING) FORBIDDEN.addSubnet(`${form}${network}`, 96 + prefix, "ipv6");
}
for (const [network, prefix] of PRIVATE_IPV6) FORBIDDEN.addSubnet(network, prefix, "ipv6");
// Of all the rest of IPv6 nothing is public: loopback, link-local, unique local, multicast …
GLOBAL_IPV6.addSubnet("2000::", 3, "ipv6");
for (const form of EMBEDDING) GLOBAL_IPV6.addSubnet(`${form}0.0.0.0`, 96, "ipv6");

export class Egress {
  /**
   * Part of the key of a pool: a connection that the operator's configuration opened, or another
   * tenant, is no way around the check.
   */
  readonly identity: string;
  readonly #rules: readonly { readonly port: number | null; readonly addresses: BlockList }[];

  constructor(tenant: string, rules: readonly EgressRule[]) {
    this.identity = `egress ${tenant} ${JSON.stringify(rules)}`;
    this.#rules = rules.map(({ network, port }) => {
      const addresses = new BlockList();
      addresses.addSubnet(network.address, network.prefix, network.family);
      return { port, addresses };
    });
  }

  /** @param address  that a socket would be connected to: an IP address, not a name */
  allows(address: string, port: number): boolean {
    // A zone names an interface of this machine.
    if (isIP(address) === 0 || address.includes("%")) return false;
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    for (const rule of this.#rules) {
      if (rule.port !== null && rule.port !== port) continue;
      if (rule.addresses.check(address, family)) return true;
    }
    if (FORBIDDEN.check(address, family) || ownAddresses().check(address, family)) return false;
    return family === "ipv4" || GLOBAL_IPV6.check(address, family);
  }
}

let own = new BlockList();
let ownUntilMs = Number.NEGATIVE_INFINITY;

/** Of one of this machine's interfaces. */
export const isOwnAddress = (address: string): boolean =>
  isIP(address) !== 0 && ownAddresses().check(address, isIPv4(address) ? "ipv4" : "ipv6");

/** Public or not, they lead to what listens here, behind any firewall. */
function ownAddresses(): BlockList {
  const nowMs = performance.now();
  if (nowMs < ownUntilMs) return own;
  ownUntilMs = nowMs + OWN_ADDRESSES_MS;
  own = new BlockList();
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, family } of addresses ?? []) {
      own.addAddress(address, family === "IPv4" ? "ipv4" : "ipv6");
    }
  }
  return own;
}

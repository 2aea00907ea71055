// The header that goes before a connection of ours, in version 2: whose request it is for, or that
// it is nobody's (LOCAL), as with a health check.

import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { BINARY_START, FAMILY, FIXED_BYTES } from "./binary-header.ts";
import type { Endpoint, Ends } from "./header.ts";

const LOCAL = 0x20;
const PROXY = 0x21;

/** The proxy speaks for itself. */
export const LOCAL_HEADER = Buffer.concat([
  BINARY_START,
  Buffer.from([LOCAL, FAMILY.unspecified, 0, 0]),
]);

/** LOCAL where an address is none: nobody is named then. */
export function proxyHeader({ source, destination }: Ends): Buffer {
  const isV4 = isIPv4(source.address) && isIPv4(destination.address);
  const parts = [source, destination].map(({ address }) => (isV4 ? ipv4(address) : ipv6(address)));
  if (parts.some((part) => part === null)) return LOCAL_HEADER;
  const rest = [...parts.flatMap((part) => [...(part ?? [])]), ...ports(source, destination)];
  const family = isV4 ? FAMILY.tcp4 : FAMILY.tcp6;
  const fixed = Buffer.alloc(FIXED_BYTES);
  BINARY_START.copy(fixed);
  fixed.set([PROXY, family, rest.length >> 8, rest.length & 0xff], BINARY_START.length);
  return Buffer.concat([fixed, Buffer.from(rest)]);
}

const ports = (...ends: readonly Endpoint[]): number[] =>
  ends.flatMap(({ port }) => [port >> 8, port & 0xff]);

const ipv4 = (address: string): number[] => address.split(".").map(Number);

/** Of IPv4 too, as IPv6 has it. Null: it is no address. */
function ipv6(address: string): number[] | null {
  const mapped = isIPv4(address) ? `::ffff:${address}` : (address.split("%", 1)[0] ?? "");
  if (!isIPv6(mapped)) return null;
  const { address: text } = new SocketAddress({ address: mapped, family: "ipv6" });
  const groups = text.split(":").flatMap((group) => (isIPv4(group) ? hexOf(group) : [group]));
  const gap = groups.indexOf("");
  const words = groups.filter((group) => group !== "").map((group) => Number.parseInt(group, 16));
  const zeros = Array.from({ length: 8 - words.length }, () => 0);
  const all = gap === -1 ? words : [...words.slice(0, gap), ...zeros, ...words.slice(gap)];
  return all.flatMap((word) => [word >> 8, word & 0xff]);
}

/** The last two groups of an address that ends as IPv4. */
function hexOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4(address);
  return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
}

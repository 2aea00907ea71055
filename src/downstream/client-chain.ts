// The chain of clients and proxies that trusted proxies report, entry by entry: X-Forwarded-For
// and Forwarded (RFC 7239). An entry that cannot be read names nobody. It never stands for the
// proxy that reported it: otherwise an entry `unknown` would give a client the address of the
// proxy, with all that this address may do.

import { isIPv4, isIPv6 } from "node:net";

/** The address of somebody of whom none is known: no access list admits it. */
export const UNKNOWN_ADDRESS = "unknown";

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** The address of `198.51.100.7`, `198.51.100.7:49153`, `2001:db8::7` and `[2001:db8::7]:443`. */
export function addressOf(node: string): string {
  const bracketed = BRACKETED.exec(node)?.[1];
  const address = bracketed ?? WITH_PORT.exec(node)?.[1] ?? node;
  const isRead = bracketed === undefined && isIPv4(address);
  if (isRead || (isIPv6(address) && !address.includes("%"))) return plainAddress(address);
  return UNKNOWN_ADDRESS;
}

/** RFC 7239 section 6: a port is a number, or a name that begins with `_`. */
const BRACKETED = /^\[([^\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
const WITH_PORT = /^([\d.]+):(?:\d{1,5}|_[\w.-]+)$/;

/** What each element of a Forwarded field says of its `for`, in order. */
export function nodesOf(forwarded: string): readonly string[] {
  const nodes: string[] = [];
  let node: string | null = null;
  let pairs = 0;
  PART.lastIndex = 0;
  for (;;) {
    const [, name, value = "", end] = PART.exec(forwarded) ?? [];
    if (end === undefined) return [UNKNOWN_ADDRESS];
    if (name !== undefined) pairs++;
    if (name?.toLowerCase() === "for") node = node === null ? unquoted(value) : UNKNOWN_ADDRESS;
    if (end === ";") continue;
    if (pairs > 0) nodes.push(node ?? UNKNOWN_ADDRESS);
    if (end === "") return nodes;
    node = null;
    pairs = 0;
  }
}

/** `name=value` or nothing, and what ends it. */
const PART = /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^"\s,;]+)[ \t]*)?(;|,|$)/y;

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;

// How addresses, networks and host patterns are written in the configuration. Strict: one
// spelling for one thing, so that duplicates can be seen; names are lower-cased, IPv6 is put in
// its short form.

import { isIPv4, isIPv6 } from "node:net";

export interface Address {
  /** `host:port`, `[v6]:port` */
  readonly address: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where we connect to. */
export interface PeerAddress extends Address {
  /** Of a UNIX socket, which has neither host nor port; null: TCP. */
  readonly socketPath: string | null;
}

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** What scripts may reach beyond public addresses; `port` null: any. */
export interface EgressRule {
  readonly network: Network;
  readonly port: number | null;
}

const PORT = /^(?:0|[1-9][0-9]{0,4})$/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NAME_CHARS_MAX = 253;

/** `127.0.0.1:80`, `[::1]:80`, `origin.example.com:80`; null: none of these. */
export const parseAddress = (text: string): Address | null => {
  const colon = text.lastIndexOf(":");
  const host = parseHost(text.slice(0, Math.max(colon, 0)));
  const port = text.slice(colon + 1);
  if (host === null || !PORT.test(port) || Number(port) > 65_535) return null;
  return { address: `${bracketed(host)}:${port}`, host, port: Number(port) };
};

// What fits into a sockaddr_un, whose last byte is a NUL: 104 bytes on macOS, 108 on Linux.
const SOCKET_PATH = /^unix:(\/[!-~]{1,102})$/;

/** As above with a port from 1, or `unix:/run/app.sock`. */
export const parsePeerAddress = (text: string): PeerAddress | null => {
  const socketPath = SOCKET_PATH.exec(text)?.[1];
  if (socketPath !== undefined) return { address: text, host: "", port: 0, socketPath };
  const parsed = parseAddress(text);
  return parsed === null || parsed.port === 0 ? null : { ...parsed, socketPath: null };
};

/** `10.0.0.0/8`, `2001:db8::/32`, or one address without a prefix. */
export const parseNetwork = (text: string): Network | null => {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  const bits = family === "ipv4" ? 32 : 128;
  if (rest.length > 0 || (family === "ipv6" && shortIpv6(address) === null)) return null;
  if (prefix === undefined) return { address, prefix: bits, family };
  if (!PORT.test(prefix) || Number(prefix) > bits) return null;
  return { address, prefix: Number(prefix), family };
};

const WITH_PORT = /^(?:\[([0-9A-Fa-f:./]+)\]|([0-9./]+)):([1-9][0-9]{0,4})$/;

/** A network as above, or one with a port: `10.0.0.7:8080`, `[fd00::/8]:443`. */
export const parseEgress = (text: string): EgressRule | null => {
  const match = WITH_PORT.exec(text);
  const network = parseNetwork(match === null ? text : (match[1] ?? match[2] ?? ""));
  const port = match === null ? null : Number(match[3]);
  if (network === null || (port ?? 0) > 65_535) return null;
  return { network, port };
};

/** `a.example.com`, `*.example.com`, `*`, an IPv4 address, or an IPv6 address in brackets. */
export const parseHostPattern = (text: string): string | null => {
  if (text === "*") return text;
  if (!text.startsWith("*.")) {
    const host = parseHost(text);
    return host === null ? null : bracketed(host);
  }
  const rest = lowerCase(text.slice(2));
  return isName(rest) ? `*.${rest}` : null;
};

/** A name, as against an IP address. */
export const isHostName = (text: string): boolean => isName(lowerCase(text));

export const isIpAddress = (host: string): boolean => isIPv4(host) || isIPv6(host);

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

const parseHost = (text: string): string | null => {
  if (text.startsWith("[") && text.endsWith("]")) return shortIpv6(text.slice(1, -1));
  const host = lowerCase(text);
  return isIPv4(host) || isName(host) ? host : null;
};

// A zone (`fe80::1%eth0`) is an interface of this machine, not part of an address: refused.
const shortIpv6 = (text: string): string | null => {
  if (!isIPv6(text) || text.includes("%")) return null;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
};

/** In ASCII alone: the Kelvin sign is a k in lower case, and would claim somebody else's name. */
const lowerCase = (text: string): string => (/[^\0-\x7f]/.test(text) ? text : text.toLowerCase());

// A last label of digits would be an IPv4 address to some resolvers: `127.1`, `1.2.3.999`.
const isName = (text: string): boolean => {
  const labels = text.split(".");
  if (text.length > NAME_CHARS_MAX || /^[0-9]+$/.test(labels.at(-1) ?? "")) return false;
  return labels.every((label) => LABEL.test(label));
};

/** All addresses of this machine, and none to ask it at. */
export const isUnspecifiedAddress = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** An address of this machine that no other can reach. */
export const isLoopbackAddress = (host: string): boolean =>
  host === "::1" || (isIPv4(host) && host.startsWith("127."));

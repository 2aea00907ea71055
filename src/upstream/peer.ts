// Makes a peer from an address and its options. The address may come from a script, so every
// address is either accepted as written or refused; nothing is guessed. Only the configuration may
// name a UNIX socket: a script cannot write one.

import { isIP, isIPv6 } from "node:net";
import type { PeerTlsConfig } from "../base/config/types.ts";
import type { Egress } from "./egress.ts";
import { type PeerTls, toPeerTls } from "./peer-tls.ts";
import { ownProxy } from "./proxied-peer.ts";
import type { Peer } from "./transport.ts";

export interface PeerOptions {
  readonly transport?: Peer["transport"] | undefined;
  readonly protocol?: Peer["protocol"] | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly responseTimeoutMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** Left out: in the clear. */
  readonly tls?: PeerTlsConfig | undefined;
  /** Its connections begin with a header that says whose they are. Left out: they do not. */
  readonly isToldClients?: boolean | undefined;
  /** Whose script chose it. Left out: the configuration did. */
  readonly tenant?: string | undefined;
  /** Which addresses it may have. Left out: any. */
  readonly egress?: Egress | null | undefined;
  /** Of its connections, which are then no others' to use. Left out: there may be any number. */
  readonly seats?: OwnSeats | undefined;
}

export interface OwnSeats extends Pick<Peer, "seats"> {
  /** Whose connections they are. */
  readonly owner: string;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What holds where neither configuration nor script says otherwise. */
export const PEER_DEFAULTS = {
  transport: "sluice",
  protocol: "http1",
  connectTimeoutMs: 5_000,
  responseTimeoutMs: 60_000,
  /** As the configuration has it. */
  idleTimeoutMs: 55_000,
} as const satisfies PeerOptions;

/** Longest time that fits a timer of Node (2^31 - 1 ms, some 24 days). */
const TIMEOUT_MAX_MS = 2_147_483_647;

/**
 * A peer, or null if the address is not `host:port`, a timeout is not a whole number of ms, or the
 * SNI is no name.
 */
export function toPeer(address: string, options: PeerOptions = {}): Peer | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const { host, port } = parsed;
  const canonical = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  return peerAt({ address: canonical, host, port, socketPath: null }, options);
}

/** A peer behind a UNIX socket. Null as above. */
export function toUnixPeer(socketPath: string, options: PeerOptions = {}): Peer | null {
  return peerAt({ address: `unix:${socketPath}`, host: "", port: 0, socketPath }, options);
}

type Place = Pick<Peer, "address" | "host" | "port" | "socketPath">;

function peerAt(place: Place, options: PeerOptions): Peer | null {
  const transport = options.transport ?? PEER_DEFAULTS.transport;
  const protocol = options.protocol ?? PEER_DEFAULTS.protocol;
  const connectTimeoutMs = options.connectTimeoutMs ?? PEER_DEFAULTS.connectTimeoutMs;
  const responseTimeoutMs = options.responseTimeoutMs ?? PEER_DEFAULTS.responseTimeoutMs;
  const idleTimeoutMs = options.idleTimeoutMs ?? PEER_DEFAULTS.idleTimeoutMs;
  if (!isTimeout(connectTimeoutMs, 1) || !isTimeout(responseTimeoutMs, 1)) return null;
  if (!isTimeout(idleTimeoutMs, 0)) return null;
  const tls = options.tls === undefined ? null : tlsOf(place.host, options.tls);
  if (tls === undefined) return null;
  const egress = options.egress ?? null;
  const own = options.seats === undefined ? null : { identity: `of ${options.seats.owner}` };
  const identity = [tls, egress, own].map((part) => (part === null ? "" : ` ${part.identity}`));
  // The timeouts belong to an exchange, not to a connection, so they are no part of its identity.
  const key = `${protocol === "http2" ? protocol : transport} ${place.address}${identity.join("")}`;
  const isTold = options.isToldClients === true;
  return {
    ...place,
    transport,
    protocol,
    tls,
    tenant: options.tenant ?? null,
    egress,
    key: isTold ? `${key} for itself` : key,
    connectTimeoutMs,
    responseTimeoutMs,
    bodyTimeoutMs: responseTimeoutMs,
    idleTimeoutMs,
    proxy: isTold ? ownProxy(key) : null,
    seats: options.seats?.seats ?? null,
  };
}

/** Undefined: there is no name that the certificate could be checked for. */
function tlsOf(host: string, { sni, credentials }: PeerTlsConfig): PeerTls | undefined {
  if (sni !== null && !isServerName(sni)) return undefined;
  if (sni === null && host === "") return undefined;
  // An IP address is never sent as SNI (RFC 6066 section 3).
  const serverName = sni?.toLowerCase() ?? (isIP(host) === 0 ? host : null);
  return toPeerTls(serverName, credentials);
}

const SERVER_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})$/;

const isServerName = (name: string): boolean => SERVER_NAME.test(name) && isIP(name) === 0;

const BRACKETED = /^\[([0-9A-Fa-f:.]{2,45})\]:(\d{1,5})$/;
const NAMED = /^([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})):(\d{1,5})$/;

/** `host:port` or `[v6]:port`, the host in lower case; null for anything else. */
export function parseAddress(address: string): HostAndPort | null {
  const match = BRACKETED.exec(address) ?? NAMED.exec(address);
  if (match === null) return null;
  const host = (match[1] ?? "").toLowerCase();
  const port = Number(match[2]);
  if (port < 1 || port > 65_535) return null;
  if (address.startsWith("[") && !isIPv6(host)) return null;
  return { host, port };
}

function isTimeout(value: number, leastMs: number): boolean {
  return Number.isInteger(value) && value >= leastMs && value <= TIMEOUT_MAX_MS;
}

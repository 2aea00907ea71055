// Making a peer out of an address and its options. The address may come from a script, so this is
// total: whatever cannot be connected to as written is refused, nothing is guessed.

import { isIPv6 } from "node:net";
import type { Peer } from "./transport.ts";

export interface PeerOptions {
  readonly transport?: Peer["transport"] | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly responseTimeoutMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What holds where neither configuration nor script says otherwise. */
export const PEER_DEFAULTS = {
  transport: "sluice",
  connectTimeoutMs: 5_000,
  responseTimeoutMs: 60_000,
  /** Below the 60 s or more after which common origins close, so that we close first. */
  idleTimeoutMs: 55_000,
} as const satisfies PeerOptions;

/** Longest time that fits a timer of Node (2^31 - 1 ms, some 24 days). */
const TIMEOUT_MAX_MS = 2_147_483_647;

/** A peer, or null if the address is not `host:port` or a timeout is not a whole number of ms. */
export function toPeer(address: string, options: PeerOptions = {}): Peer | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const transport = options.transport ?? PEER_DEFAULTS.transport;
  const connectTimeoutMs = options.connectTimeoutMs ?? PEER_DEFAULTS.connectTimeoutMs;
  const responseTimeoutMs = options.responseTimeoutMs ?? PEER_DEFAULTS.responseTimeoutMs;
  const idleTimeoutMs = options.idleTimeoutMs ?? PEER_DEFAULTS.idleTimeoutMs;
  if (!isTimeout(connectTimeoutMs, 1) || !isTimeout(responseTimeoutMs, 1)) return null;
  if (!isTimeout(idleTimeoutMs, 0)) return null;
  const { host, port } = parsed;
  const canonical = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    address: canonical,
    host,
    port,
    transport,
    // The timeouts belong to an exchange, not to a connection, so they are no part of its identity.
    key: `${transport} ${canonical}`,
    connectTimeoutMs,
    responseTimeoutMs,
    idleTimeoutMs,
  };
}

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

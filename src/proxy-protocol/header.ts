// The PROXY protocol's header, as one is read: who a connection comes from, in the words of the
// balancer that made it (haproxy's proxy-protocol.txt, versions 1 and 2). Nothing is guessed: what
// is not exactly a header is none. Read in read-header.ts.
//
//   1   PROXY TCP4 198.51.100.7 203.0.113.1 49153 443\r\n
//   2   12 bytes of signature, version and command, family, length; addresses; TLVs

import type { ProxyDetails } from "./details.ts";

export interface Endpoint {
  /** IPv4 or IPv6, as the system writes it. */
  readonly address: string;
  readonly port: number;
}

/** Both ends of the connection that the balancer had. */
export interface Ends {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Null: the balancer speaks for itself, or does not know; its own address counts. */
  readonly ends: Ends | null;
  /** Null: it says no more. */
  readonly details: ProxyDetails | null;
  /** Length of the header: what follows is the client's. */
  readonly bytes: number;
}

/** What a header may take, its TLVs with it: a client's certificate fits in, if not its chain. */
export const HEADER_BYTES_MAX = 4_096;

/** With a problem it is no header. */
export type Reading = ProxyHeader | "incomplete" | { readonly problem: string };

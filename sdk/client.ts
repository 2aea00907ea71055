// Who asks: `session.client`.

import type { Json } from "./ctx-types.ts";

/** The TLS of a client's connection. */
export interface ClientTls {
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly version: string;
  /** As OpenSSL names it: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** The host that the client asked for (SNI), lower case; null: it named none. */
  readonly serverName: string | null;
  /** Of the client's certificate: `O=Shop, CN=till 7`. Null: it showed none. */
  readonly subject: string | null;
  /** SHA-256 of the client's certificate, as `openssl x509 -fingerprint` writes it; or null. */
  readonly fingerprint: string | null;
  /** One of the tenant's `clientCertificates.ca` vouches for the client's certificate. */
  readonly verified: boolean;
}

/** A PROXY header (`listeners[].proxyProtocol`). What it did not say is null. */
export interface ClientProxy {
  readonly version: 1 | 2;
  /** Where the client connected to. */
  readonly destination: { readonly address: string; readonly port: number };
  /** What both agreed on, such as `h2`. */
  readonly alpn: string | null;
  /** The host that the client asked for (SNI). */
  readonly authority: string | null;
  /** Of the connection, in hexadecimal. */
  readonly uniqueId: string | null;
  /** Of the TLS that the balancer has taken off. */
  readonly tls: {
    readonly version: string;
    readonly cipher: string;
    /** Of the client's certificate. */
    readonly commonName: string | null;
    /** The balancer has verified it. */
    readonly verified: boolean;
  } | null;
  /** Other TLVs: their type, and their value as base64. */
  readonly others: readonly { readonly type: number; readonly value: string }[];
}

export interface Client {
  /**
   * IP address of the client; the one that a trusted proxy named, if it came through one, or
   * `unknown` if that proxy named none.
   */
  readonly address: string;
  /** 0 if it came through a trusted proxy. */
  readonly port: number;
  /**
   * Of the connection on which the request came, which may be a trusted proxy's. Null: it is in the
   * clear.
   */
  readonly tls: ClientTls | null;
  /**
   * What a balancer said in the PROXY header of the connection, from which `address` and `port`
   * are. Null: there was none, or it named nobody.
   */
  readonly proxy: ClientProxy | null;
  /**
   * What hooks keep for as long as the client's connection lasts, for its next requests: JSON of at
   * most 4,096 characters, this tenant's own, frozen when read. `undefined`: nothing is kept.
   * Assign a new value to change it. On the connection of a trusted proxy, and for requests that
   * say they were forwarded, nothing is kept: many clients may share it. (Pingora:
   * `persist_connection_context`, `on_connection_reuse`.)
   */
  state: Json | undefined;
}

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
   * What hooks keep for as long as the client's connection lasts, for its next requests: JSON of at
   * most 4,096 characters, this tenant's own, frozen when read. `undefined`: nothing is kept.
   * Assign a new value to change it. On the connection of a trusted proxy, and for requests that
   * say they were forwarded, nothing is kept: many clients may share it. (Pingora:
   * `persist_connection_context`, `on_connection_reuse`.)
   */
  state: Json | undefined;
}

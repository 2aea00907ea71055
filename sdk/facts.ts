// What a session knows and no hook can change: times, and the connection to a peer.

export interface Timing {
  /** When the request head was complete: milliseconds since the epoch. */
  readonly startMs: number;
  /** Milliseconds since then, as of this turn. */
  readonly elapsedMs: number;
  /** Moments that hooks have marked, by name: milliseconds since the start. */
  readonly marks: Readonly<Record<string, number>>;
  /**
   * Marks this moment. It is in `marks` of all later hooks and of the access line; the last of a
   * name counts. At most 16 for a request, with names of 1 to 64 of `A-Z a-z 0-9 _ . -`.
   */
  mark(name: string): void;
}

export interface UpstreamFacts {
  /** Address of the peer: `host:port`. */
  readonly peer: string;
  /** Whether the connection had served a request before. */
  readonly reused: boolean;
  /** Our end of the connection: `address:port`. */
  readonly local: string;
  readonly tls: boolean;
  /** Of the TLS connection; null: it is in the clear. */
  readonly tlsDigest: TlsDigest | null;
  /** Milliseconds it took to connect; of the original connect if reused. */
  readonly connectMs: number;
  /** Milliseconds since then: how old the connection is. */
  readonly ageMs: number;
}

export interface TlsDigest {
  /** `TLSv1.3` */
  readonly version: string;
  /** As IANA names it: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** SHA-256 of the peer's certificate, in hex. */
  readonly certSha256: string;
  /** Of the certificate, in hex. */
  readonly serialNumber: string;
  /** The organization that the certificate names; empty: none. */
  readonly organization: string;
}

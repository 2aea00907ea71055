// What a session knows beside requests and responses: times, failures, peers, connections to them.

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

/** By W3C Trace Context. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the span of this request here. */
  readonly spanId: string;
  /** The span of who sent the request; null: the trace begins here. */
  readonly parentId: string | null;
  /** Its spans are wanted. */
  readonly sampled: boolean;
  /** `tracestate`; empty: none. */
  readonly state: string;
  /** To go on with the trace by another way than `fetch`, which says it itself. */
  readonly traceparent: string;
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

/** A failure, as scripts and logs see it. */
export interface SessionError {
  /** One of the codes of docs/errors.md, such as `connect_refused`. */
  readonly code: string;
  readonly blame: "downstream" | "upstream" | "script" | "internal";
  /** The status that the client gets unless a hook decides otherwise; 0: no answer. */
  readonly status: number;
  readonly message: string;
  /** Whether "retry" would be honoured: nothing sent down yet, body replayable, retries left. */
  readonly canRetry: boolean;
}

/** A group of the configuration, with what is hashed to choose one of its peers. */
export interface GroupChoice {
  /** Name of the group. */
  group: string;
  /** For a group with `balance: hash`; in place of what its `hash.by` says. */
  key?: string;
}

/** A peer chosen by the script rather than by the configuration. */
export interface PeerChoice {
  /** `host:port`, `[v6]:port` */
  address: string;
  connectTimeoutMs?: number;
  responseTimeoutMs?: number;
  idleTimeoutMs?: number;
  transport?: "sluice" | "undici";
  /** `http2`: over TLS by ALPN, in the clear by prior knowledge. Default: `http1`. */
  protocol?: "http1" | "http2";
  /** TLS with a certificate that the proxy's roots vouch for. Default: in the clear. */
  tls?: boolean;
  /** With `tls`: the name that is asked for and checked. Default: the host of the address. */
  sni?: string;
}

// The shapes that the HTTP/1.1 codec produces: one for requests from clients, one for responses
// from peers. Bytes in, messages out; the codec knows no sockets and no policy.

/** As `statedLength`: the block has no Content-Length. */
export const NOTHING_STATED = -1;
/** As `statedLength`: nobody has looked, or it is not written as we would write it. */
export const UNREAD = -2;

/** A request head that passed every check of RFC 9112; nothing else reaches the rest of Sluice. */
export interface RequestHead {
  readonly method: string;
  /**
   * As sent, byte for byte: origin-form, or `*`. Absolute-form is split into `target` and `host`.
   */
  readonly target: string;
  /** HTTP/1.minor */
  readonly minor: 0 | 1;
  /**
   * Host, validated, lower case, with its port if it had one. Empty only for HTTP/1.0 without
   * Host.
   */
  readonly host: string;
  /**
   * The end-to-end header lines in their order, each `Name: value\r\n`, latin1. Without the
   * hop-by-hop fields, those that `Connection` names, Transfer-Encoding, Expect, and what `noted`
   * holds. Host and Content-Length stay (Host replaced when the target was absolute).
   */
  readonly headers: string;
  /** Bytes of the body; 0: none; -1: chunked. */
  readonly contentLength: number;
  /** What Content-Length in `headers` says: a number, NOTHING_STATED or UNREAD. */
  readonly statedLength: number;
  /** Whether the client wants the connection kept (version and Connection considered). */
  readonly keepAlive: boolean;
  /**
   * Protocol of an `Upgrade` that `Connection` nominates, lower case; empty if none, or in
   * HTTP/1.0.
   */
  readonly upgrade: string;
  readonly expectContinue: boolean;
  /** `TE: trailers` was there. */
  readonly acceptsTrailers: boolean;
  readonly hasAuthorization: boolean;
  /**
   * Values of fields that the proxy itself decides about; undefined: none came. null: no such
   * field at all.
   */
  readonly noted: NotedFields | null;
  /**
   * Lower-case names that `Connection` listed: gone from the block, and to be dropped from
   * trailers.
   */
  readonly nominated: ReadonlySet<string> | null;
}

/**
 * Fields taken out of the block because the proxy trusts, replaces or counts them. Repeats are
 * joined with ", ".
 */
export interface NotedFields {
  forwardedFor?: string; // X-Forwarded-For
  forwardedProto?: string; // X-Forwarded-Proto
  forwardedHost?: string; // X-Forwarded-Host
  forwardedPort?: string; // X-Forwarded-Port
  forwarded?: string; // Forwarded (RFC 7239)
  via?: string; // Via
  requestId?: string; // X-Request-Id
  maxForwards?: string; // Max-Forwards
  version?: string; // Sluice-Version: a tester asks for a version of the script
  /** Whole lines of every other X-Forwarded-… and of X-Real-IP. */
  otherClaims?: string;
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly minor: 0 | 1;
  /**
   * As in RequestHead: end-to-end lines only; Content-Length stays unless Transfer-Encoding
   * overrode it.
   */
  readonly headers: string;
  /**
   * Bytes of the body; -1: chunked; -2: until the peer closes. Already 0 for HEAD, 1xx, 204, 304.
   */
  readonly contentLength: number;
  /** As in RequestHead. */
  readonly statedLength: number;
  readonly keepAlive: boolean;
  /** What Keep-Alive says; null: no such field. `idleTimeIn` reads it. */
  readonly keepAliveTerms: string | null;
  /** What WWW-Authenticate says; null: no such field. It stays in the block. */
  readonly authenticate: string | null;
  /** Protocol of a 101, lower case; empty in any other response. */
  readonly upgrade: string;
  /** False: the proxy adds one (RFC 9110 section 6.6.1). */
  readonly hasDate: boolean;
  /** The block has an X-Request-Id, for which the proxy puts its own. */
  readonly hasRequestId: boolean;
  /** As in RequestHead. */
  readonly nominated: ReadonlySet<string> | null;
}

/** A request head to be written; upstream/transport.ts's UpstreamRequest is one. */
export interface OutgoingRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: string;
  /** Bytes of the body; 0 with `hasBody` false: none; -1: chunked. */
  readonly contentLength: number;
  /** As in RequestHead; so that a block which holds none is not searched. */
  readonly statedLength: number;
  readonly hasBody: boolean;
  /** Whoever reads the response knows trailers: `TE: trailers` says so. */
  readonly acceptsTrailers: boolean;
  readonly upgrade: string;
}

/** A response head to be written. */
export interface OutgoingResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: string;
  /** Its line leaves behind the block, which has none then; empty: as the block says. */
  readonly requestId: string;
  /** Bytes of the body; -1: unknown. */
  readonly contentLength: number;
  /** As in RequestHead. */
  readonly statedLength: number;
  readonly upgrade: string;
  readonly hasDate: boolean;
}

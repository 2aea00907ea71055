// Every expected failure of Sluice, as one table: who is to blame, what the client gets, whether
// the exchange may be tried again. docs/errors.md is tested against this table.

export type Blame = "downstream" | "upstream" | "script" | "internal";

/**
 * When the failed attempt may be repeated: `never`; on a `reused` connection only (the peer may
 * have closed it while it was idle); or `always` (nothing was sent).
 */
export type RetryRule = "never" | "reused" | "always";

export interface ErrorKind {
  readonly blame: Blame;
  /** HTTP status of the answer; 0: the connection is closed without one. */
  readonly status: number;
  readonly retry: RetryRule;
  /** One sentence a client may read. Never names hosts, paths or causes. */
  readonly sentence: string;
}

const kind = (blame: Blame, status: number, retry: RetryRule, sentence: string): ErrorKind => ({
  blame,
  status,
  retry,
  sentence,
});

export const ERRORS = {
  bad_request: kind("downstream", 400, "never", "The request is not valid HTTP."),
  path_ambiguous: kind("downstream", 400, "never", "The path can be read in more than one way."),
  forbidden: kind("downstream", 403, "never", "This client is not allowed here."),
  no_route: kind("downstream", 404, "never", "No route leads from here."),
  request_timeout: kind("downstream", 408, "never", "The request took too long to arrive."),
  method_not_allowed: kind("downstream", 405, "never", "This method is not allowed here."),
  body_too_large: kind("downstream", 413, "never", "The request body is too large."),
  uri_too_long: kind("downstream", 414, "never", "The request target is too long."),
  expectation_failed: kind("downstream", 417, "never", "The Expect header cannot be met."),
  unknown_host: kind("downstream", 421, "never", "No tenant serves this host."),
  misdirected: kind("downstream", 421, "never", "This connection is not for this host."),
  too_many_requests: kind("downstream", 429, "never", "Too many requests come from this client."),
  headers_too_large: kind("downstream", 431, "never", "The request headers are too large."),
  proxy_header: kind("downstream", 0, "never", "The connection's PROXY header is not valid."),
  client_aborted: kind("downstream", 0, "never", "The client closed the connection."),
  client_write_timeout: kind("downstream", 0, "never", "The client stopped reading."),
  not_implemented: kind("downstream", 501, "never", "This method or coding is not supported."),
  version_not_supported: kind("downstream", 505, "never", "This HTTP version is not supported."),
  loop_detected: kind("downstream", 508, "never", "The request has already passed here."),

  no_peer: kind("upstream", 502, "never", "No upstream peer is available."),
  peers_busy: kind("upstream", 503, "always", "Every upstream peer is at its limit."),
  connect_refused: kind("upstream", 502, "always", "The upstream refused the connection."),
  connect_timeout: kind("upstream", 504, "always", "The upstream did not accept in time."),
  connect_failed: kind("upstream", 502, "always", "The upstream cannot be reached."),
  tls_failed: kind("upstream", 502, "always", "The upstream's TLS handshake failed."),
  upstream_closed: kind("upstream", 502, "reused", "The upstream closed the connection."),
  upstream_protocol: kind("upstream", 502, "never", "The upstream's response is not valid HTTP."),
  upstream_timeout: kind("upstream", 504, "never", "The upstream did not answer in time."),
  upstream_refused: kind("upstream", 503, "always", "The upstream refused the request."),
  upstream_leaving: kind("upstream", 502, "always", "The upstream closed the connection."),
  upstream_aborted: kind("upstream", 502, "never", "The upstream broke off its response."),

  script_error: kind("script", 500, "never", "The edge script failed."),
  script_timeout: kind("script", 500, "never", "The edge script took too long."),
  script_result: kind("script", 500, "never", "The edge script returned an invalid result."),
  script_ctx: kind("script", 500, "never", "The edge script's ctx is not JSON."),
  script_lost: kind("script", 500, "never", "The edge script was interrupted."),
  peer_forbidden: kind("script", 502, "never", "The edge script chose a peer it may not reach."),
  cell_lost: kind("script", 500, "never", "The edge script was interrupted."),
  script_busy: kind("script", 503, "never", "The edge script has too much to do."),
  script_disabled: kind("script", 503, "never", "The edge script is out of service."),

  suspended: kind("internal", 503, "never", "This site is suspended."),
  overloaded: kind("internal", 503, "never", "The proxy is at its limit."),
  out_of_descriptors: kind("internal", 503, "never", "The proxy is at its limit."),
  internal: kind("internal", 500, "never", "The proxy failed."),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface SluiceErrorOptions extends ErrorOptions {
  readonly script?: string;
  /** When the client may try again; left out: soon. */
  readonly retryAfterMs?: number;
}

/**
 * An expected failure. `message` is for the log; the client gets the table's sentence. It is an
 * answer, and says where it came from in words: a stack, which nobody would read, costs more than
 * all the rest of it, and who fails often is who has much to do. What is a defect has one.
 */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  /** Whose script failed: its owner's name; empty: nobody's did. */
  readonly script: string;
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message?: string, options?: SluiceErrorOptions) {
    const { stackTraceLimit } = Error;
    if (code !== "internal") Error.stackTraceLimit = 0;
    super(message ?? ERRORS[code].sentence, options);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "SluiceError";
    this.code = code;
    this.script = options?.script ?? "";
    this.retryAfterMs = options?.retryAfterMs ?? 0;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code];
  }
}

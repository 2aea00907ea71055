// What a hook sees: the session of each, with the request, the response, the connection and the
// error in it, as far as they are there and can still be edited.

import type { SessionBodies } from "./body-mode.ts";
import type { Client } from "./client.ts";
import type {
  GroupChoice,
  PeerChoice,
  SessionError,
  Timing,
  Trace,
  UpstreamFacts,
} from "./facts.ts";
import type { Headers } from "./runtime/web/headers.ts";

/** Headers that can be looked at: once they are on their way, an edit would change nothing. */
export type ReadonlyHeaders = Omit<Headers, "append" | "delete" | "set">;

/** The request as the client sent it, or as earlier phases edited it. */
export interface ReadonlyRequest {
  readonly method: string;
  /** Path and query as sent, byte for byte: `/a%2fb?x=1`. */
  readonly target: string;
  /**
   * Absolute URL made of scheme, Host and target, as they were sent. Without a Host (HTTP/1.0) it
   * has the address at which the request arrived. What it says about a path is one reading of
   * several: guards look at `path`.
   */
  readonly url: string;
  /**
   * The path as every server reads it, decoded and without its query: `/café`. `null` if servers
   * differ in how they read it: `//admin`, `/%61dmin`, `/x/../admin`, `/admin;x`, `/a%2Fb`,
   * `/a%40b`. For decisions; what is sent is `target`.
   */
  readonly path: string | null;
  readonly httpVersion: "1.0" | "1.1" | "2";
  readonly headers: ReadonlyHeaders;
}

/** The request's body, until it is sent: up to upstreamRequestFilter. It is forwarded anyway. */
export interface RequestBody {
  /**
   * The whole body as UTF-8 text. Rejects above `limits.bufferedBodyBytes`; a hook that does not
   * catch that answers 413.
   */
  text(): Promise<string>;
  /** The whole body, parsed. Rejects as `text()` does, and for what is no JSON. */
  json(): Promise<unknown>;
  /** The whole body, as it was sent. Rejects as `text()` does. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The same piece by piece, of any size, as the client sends it: for `fetch`, a Response, or a
   * script that names streams. Null for a GET or HEAD. What has been read of a body can be
   * forwarded up to `limits.bufferedBodyBytes`: beyond that its script has to answer, or 413 does.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /**
   * Aborted when the client leaves, for what goes on then: a stream that answers, and what was
   * handed to waitUntil. A hook that has not returned is ended.
   */
  readonly signal: AbortSignal;
}

/** The request up to upstreamPeer: what is assigned here goes to the upstream. */
export interface SessionRequest extends ReadonlyRequest, RequestBody {
  method: string;
  /** Path and query as sent, byte for byte: `/a%2fb?x=1`. */
  target: string;
  readonly headers: Headers;
}

/** The request as it goes to the upstream: a fresh copy for each attempt. */
export interface UpstreamRequest {
  method: string;
  target: string;
  readonly headers: Headers;
}

/**
 * Whose answer it is: an upstream's, a script's own, a redirect or a fixed answer of the
 * configuration, or what the client gets for an error.
 */
export type ResponseSource = "upstream" | "script" | "redirect" | "answer" | "error";

/** The response head of the upstream, or of the proxy's own answer. */
export interface SessionResponse {
  readonly source: ResponseSource;
  /** 200 to 599 (1xx pass without hooks). */
  status: number;
  readonly headers: Headers;
}

/** What every hook but `newCtx` sees. */
export interface Session {
  /** The request's id, in the answer's `x-request-id`, the log and every error. */
  readonly id: string;
  /** Up to upstreamPeer it can be edited (`RequestSession`). */
  readonly request: ReadonlyRequest;
  readonly client: Client;
  readonly timing: Timing;
  /** The trace that the request is part of; null: the proxy traces nothing (`tracing`). */
  readonly trace: Trace | null;
  readonly log: SessionLog;
  /**
   * The hook may return before the promise is settled: what it waits for goes on, up to
   * `limits.waitUntilMs` after the end of the request. What it rejects with is logged.
   */
  waitUntil(promise: PromiseLike<unknown>): void;
}

/** The request's own line in the access log. */
export interface SessionLog {
  /**
   * Adds a field, in `fields` of the line; the last value of a name counts. At most 16 for a
   * request, with names of 1 to 64 of `A-Z a-z 0-9 _ . -` and values of 1,024 characters as JSON.
   */
  set(name: string, value: string | number | boolean | null): void;
}

/** Up to upstreamPeer: the request can be edited. */
export interface RequestSession extends Session {
  readonly request: SessionRequest;
  readonly bodies: SessionBodies;
}

/** Options of one exchange; what is left out keeps the configured value. */
export interface SessionOptions {
  /** How long the upstream may take for the head of its response. */
  responseTimeoutMs?: number;
  /** How long a body may stand still, in either direction. */
  bodyIdleMs?: number;
  /** The largest body of the request; a larger one is answered 413. */
  requestBodyBytesMax?: number;
  /** How often it may be tried again: 0 to 16. */
  maxRetries?: number;
}

export interface EarlySession extends RequestSession {
  /** What is assigned here holds for this exchange. */
  readonly options: SessionOptions;
}
export interface PeerSession extends RequestSession {
  /** 1 for the first try, 2 for the first retry, … */
  readonly attempt: number;
  /**
   * In the operator's script: the group or peer that the tenant's script or configuration has
   * chosen. `undefined` in a tenant's, and if nothing is chosen.
   */
  readonly choice: string | PeerChoice | GroupChoice | undefined;
}

/** From the choice of a peer on. */
export interface AttemptSession extends Session {
  /** 1 for the first try, 2 for the first retry, … */
  readonly attempt: number;
}
/** Until the request is sent: its body is still here. */
export interface UnsentSession extends AttemptSession {
  readonly request: ReadonlyRequest & RequestBody;
  readonly bodies: SessionBodies;
}
export interface ConnectErrorSession extends UnsentSession {
  readonly error: SessionError;
  /** Address of the peer that was tried last: `host:port`. */
  readonly peer: string;
}
export interface ConnectedSession extends UnsentSession {
  readonly upstream: UpstreamFacts;
}
export interface UpstreamRequestSession extends ConnectedSession {
  readonly upstreamRequest: UpstreamRequest;
}
export interface BodySession extends AttemptSession {
  readonly upstream: UpstreamFacts;
  /** The next bytes of the body, decoded; empty at the end of a stream that ended apart. */
  readonly chunk: Uint8Array<ArrayBuffer>;
  /** Nothing follows this chunk. */
  readonly endOfStream: boolean;
}
export interface RequestTrailerSession extends AttemptSession {
  readonly upstream: UpstreamFacts;
  /** What the client sent behind the body, without what no trailer may say. */
  readonly trailers: Headers;
}
export interface ResponseTrailerSession extends AttemptSession {
  readonly upstream: UpstreamFacts;
  /** What the upstream sent behind the body, `grpc-status` for one. */
  readonly trailers: Headers;
  readonly response: SentResponse;
}
export interface ResponseSession extends AttemptSession {
  readonly bodies: Readonly<Pick<SessionBodies, "request">> & Pick<SessionBodies, "response">;
  /** Null: it is no upstream's response. A tenant's script sees those of upstreams alone. */
  readonly upstream: UpstreamFacts | null;
  readonly response: SessionResponse;
}
export interface ProxyErrorSession extends AttemptSession {
  readonly error: SessionError;
  /** Address of the peer that it came from: `host:port`. */
  readonly peer: string;
}
export interface FailSession extends Session {
  readonly error: SessionError;
}
export interface LoggingSession extends Session {
  /** What the exchange failed of; null: nothing. */
  readonly error: SessionError | null;
  /** The head that the client got; null if it got none. */
  readonly response: SentResponse | null;
  /** Of the bodies, as they came and went. */
  readonly bytes: { readonly received: number; readonly sent: number };
  /** The last connection; null: there was none. */
  readonly upstream: UpstreamFacts | null;
}

export interface ResponseBodySession extends Omit<BodySession, "upstream"> {
  /** As in `ResponseSession`. */
  readonly upstream: UpstreamFacts | null;
  readonly response: SentResponse;
}

/** A response's head that is on its way, or gone. */
export interface SentResponse {
  readonly source: ResponseSource;
  readonly status: number;
  readonly headers: ReadonlyHeaders;
}

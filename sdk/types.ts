// The hooks of a phase script: what each may return, and what ctx may hold. The names and the order
// are Pingora's (`ProxyHttp`), in camelCase. What a hook sees is sessions.ts.

import type { BodyMode } from "./body-mode.ts";
import type { GroupChoice, PeerChoice } from "./facts.ts";
import type { Response } from "./runtime/web/response.ts";
import type {
  BodySession,
  ConnectErrorSession,
  ConnectedSession,
  EarlySession,
  FailSession,
  LoggingSession,
  PeerSession,
  ProxyErrorSession,
  RequestSession,
  RequestTrailerSession,
  ResponseBodySession,
  ResponseSession,
  ResponseTrailerSession,
  UpstreamRequestSession,
} from "./sessions.ts";

export type * from "./body-mode.ts";
export type * from "./ctx-types.ts";

type Awaitable<T> = T | Promise<T>;

/** Bytes replace the chunk, null drops it, nothing passes it on. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
export type ChunkResult = Uint8Array | ArrayBuffer | string | null | undefined | void;

/** Name of an upstream group, a group with what is hashed for it, a peer, or a refusal. */
export type PeerResult = string | GroupChoice | PeerChoice | Response;

type Hook<S, C, R = void> = (session: S, ctx: C) => Awaitable<R>;

/** A script's hooks. Every one is optional, sync or async; a phase without a hook costs nothing. */
export interface Phases<C> {
  /** The request's initial ctx. Runs before anything is known of the request. Default: `{}`. */
  newCtx?: () => Awaitable<C>;
  /** Before anything else is decided: set `session.options`, or edit the request. */
  earlyRequestFilter?: Hook<EarlySession, C>;
  /** Edit the request, or return a Response to answer at once. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
  requestFilter?: Hook<RequestSession, C, Response | undefined | void>;
  /** Return a Response to keep the request from the origin. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
  proxyUpstreamFilter?: Hook<RequestSession, C, Response | undefined | void>;
  /**
   * Name of an upstream group, a peer, or a Response to refuse with. Again for each retry. Default:
   * `defaultUpstream`.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
  upstreamPeer?: Hook<PeerSession, C, PeerResult | undefined | void>;
  /** Return "retry" to choose a peer again. Nothing was sent. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
  failToConnect?: Hook<ConnectErrorSession, C, "retry" | undefined | void>;
  /** Look at the connection, new or from the pool. */
  connectedToUpstream?: Hook<ConnectedSession, C>;
  /** Edit the copy that is sent to this peer. */
  upstreamRequestFilter?: Hook<UpstreamRequestSession, C>;
  /** Each chunk of the request's body, decoded. Not called for a request without a body. */
  requestBodyFilter?: Hook<BodySession, C, ChunkResult>;
  /** Edit the trailers of the request, if it has some. */
  requestTrailerFilter?: Hook<RequestTrailerSession, C>;
  /** Edit the response as it came, before a cache would store it. */
  upstreamResponseFilter?: Hook<ResponseSession, C>;
  /** Edit the response that the client gets. */
  responseFilter?: Hook<ResponseSession, C>;
  /** Each chunk of the response's body, decoded, before a cache would store it. */
  upstreamResponseBodyFilter?: Hook<ResponseBodySession, C, ChunkResult>;
  /** Each chunk of the response's body, decoded, as the client gets it. */
  responseBodyFilter?: Hook<ResponseBodySession, C, ChunkResult>;
  /** Edit the trailers of the response as they came, if it has some. */
  upstreamResponseTrailerFilter?: Hook<ResponseTrailerSession, C>;
  /** Edit the trailers that the client gets. */
  responseTrailerFilter?: Hook<ResponseTrailerSession, C>;
  /** Default: both "stream". */
  bodies?: { request?: BodyMode; response?: BodyMode };
  /** An error after the connection was made: "retry" or "fail"; nothing: the default rule. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
  errorWhileProxy?: Hook<ProxyErrorSession, C, "retry" | "fail" | undefined | void>;
  /** Return the error Response in place of the built-in one. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may simply not return
  failToProxy?: Hook<FailSession, C, Response | undefined | void>;
  /** Always exactly once for each request that got a ctx. */
  logging?: Hook<LoggingSession, C>;
}

// The phases as chains: hooks that run in one call because the host has nothing to do between
// them. `serve.ts` runs the chains in this order; a chain whose hooks a script does not export
// costs nothing.

import { hookBit, maskOf } from "../wire/phases.ts";

export const CHAIN = {
  /** From the request's head to the choice of a peer. */
  request: maskOf(
    "newCtx",
    "earlyRequestFilter",
    "requestFilter",
    "proxyUpstreamFilter",
    "upstreamPeer",
  ),
  /** The choice again, for a retry. */
  peer: maskOf("upstreamPeer"),
  failToConnect: maskOf("failToConnect"),
  /** A connection is there; nothing has been sent. */
  connected: maskOf("connectedToUpstream", "upstreamRequestFilter"),
  /** A part of the request's body. */
  requestBody: maskOf("requestBodyFilter"),
  /** What came behind it, to be sent with its end. */
  requestTrailers: maskOf("requestTrailerFilter"),
  /** The upstream's response head. */
  response: maskOf("upstreamResponseFilter", "responseFilter"),
  /** A part of the response's body. */
  responseBody: maskOf("upstreamResponseBodyFilter", "responseBodyFilter"),
  /** What came behind it. */
  responseTrailers: maskOf("upstreamResponseTrailerFilter", "responseTrailerFilter"),
  errorWhileProxy: maskOf("errorWhileProxy"),
  failToProxy: maskOf("failToProxy"),
  logging: maskOf("logging"),
} as const;

/** What every layer runs, whatever has come of one further inside. */
export const OF_ALL = CHAIN.failToProxy | CHAIN.logging;

/** Parts of a call that its chain brings along, besides request and client. */
export const NEEDS = {
  upstream:
    CHAIN.connected |
    CHAIN.requestBody |
    CHAIN.requestTrailers |
    CHAIN.response |
    CHAIN.responseBody |
    CHAIN.responseTrailers |
    CHAIN.logging,
  upstreamRequest: CHAIN.connected,
  response: CHAIN.response | CHAIN.responseBody | CHAIN.responseTrailers | CHAIN.logging,
  requestTrailers: CHAIN.requestTrailers,
  responseTrailers: CHAIN.responseTrailers,
  error: CHAIN.failToConnect | CHAIN.errorWhileProxy | CHAIN.failToProxy | CHAIN.logging,
  peer: CHAIN.failToConnect | CHAIN.errorWhileProxy,
  choice: CHAIN.peer,
  totals: CHAIN.logging,
} as const;

/** newCtx alone sees no session. */
export const NEW_CTX = hookBit("newCtx");

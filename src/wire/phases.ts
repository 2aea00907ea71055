// The hooks of a script, each with its bit. A call names the hooks it wants run as a mask of these
// bits; they run in ascending order, which is the order of a request's life.

export const HOOKS = [
  "newCtx",
  "earlyRequestFilter",
  "requestFilter",
  "proxyUpstreamFilter",
  "upstreamPeer",
  "failToConnect",
  "connectedToUpstream",
  "upstreamRequestFilter",
  "requestBodyFilter",
  "requestTrailerFilter",
  "upstreamResponseFilter",
  "responseFilter",
  "upstreamResponseBodyFilter",
  "responseBodyFilter",
  "upstreamResponseTrailerFilter",
  "responseTrailerFilter",
  "errorWhileProxy",
  "failToProxy",
  "logging",
] as const;

export type HookName = (typeof HOOKS)[number];

/** Position of a hook in HOOKS; its bit in a mask is `1 << index`. */
export const hookIndex = (name: HookName): number => HOOKS.indexOf(name);

export const hookBit = (name: HookName): number => 1 << hookIndex(name);

export const maskOf = (...names: HookName[]): number =>
  names.reduce((mask, name) => mask | hookBit(name), 0);

/**
 * What goes from the outermost layer, or part of a script, to the innermost; everything else goes
 * outwards.
 */
export const INWARDS = maskOf(
  "newCtx",
  "earlyRequestFilter",
  "requestFilter",
  "proxyUpstreamFilter",
  "connectedToUpstream",
  "upstreamRequestFilter",
  "requestBodyFilter",
  "requestTrailerFilter",
);

/** May return a Response. */
export const ANSWERS = maskOf(
  "requestFilter",
  "proxyUpstreamFilter",
  "upstreamPeer",
  "failToProxy",
);

/** May return whether the request goes out again. */
export const RETRIES = maskOf("failToConnect", "errorWhileProxy");

/** See a body, chunk by chunk. */
export const BODIES = maskOf(
  "requestBodyFilter",
  "upstreamResponseBodyFilter",
  "responseBodyFilter",
);

/** The hooks of a mask, in the order of a request's life. */
export const hooksOf = (mask: number): HookName[] =>
  HOOKS.filter((_, index) => (mask >> index) % 2 === 1);

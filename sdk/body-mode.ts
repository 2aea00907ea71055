// How bodies come to their hooks: as the script declares, or as a hook says for one exchange.

/** How a body comes to its hook: chunk by chunk, or whole, up to that many bytes. */
export type BodyMode = "stream" | { bufferBytes: number };

/**
 * How the bodies of one exchange meet their hooks, if not as the script's own `bodies` says.
 * `"pass"`: the body passes its hooks by, byte for byte and with its length, as if there were none.
 */
export interface SessionBodies {
  /** Of the request. Can be set up to upstreamRequestFilter. */
  request: BodyMode | "pass";
  /**
   * Of the response. Can be set up to responseFilter. `"pass"` before the request is sent also
   * leaves what it asks for (`Range`, `Accept-Encoding`) as it is, and then stays.
   */
  response: BodyMode | "pass";
}

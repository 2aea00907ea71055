// Which decoder reads the body behind a head, and on which terms on either side.

import { type BodyDecoder, SizedBody, UnsizedBody } from "./body.ts";
import { ChunkedBody } from "./chunked.ts";
import { CHUNKED, UNTIL_CLOSE } from "./framing.ts";
import type { CodecLimits } from "./limits.ts";

/** The part of a parsed head that a decoder needs. */
export interface BodyTerms {
  readonly contentLength: number;
  readonly nominated: ReadonlySet<string> | null;
}

/** A decoder for the body behind a request head. */
export function requestBody(head: BodyTerms, limits: CodecLimits): BodyDecoder {
  if (head.contentLength !== CHUNKED) {
    return new SizedBody(head.contentLength, REQUEST_TERMS.truncated);
  }
  return new ChunkedBody(head.nominated, limits, REQUEST_TERMS);
}

/** A decoder for the body behind a response head. */
export function responseBody(head: BodyTerms, limits: CodecLimits): BodyDecoder {
  if (head.contentLength === UNTIL_CLOSE) return new UnsizedBody();
  if (head.contentLength !== CHUNKED) {
    return new SizedBody(head.contentLength, RESPONSE_TERMS.truncated);
  }
  return new ChunkedBody(head.nominated, limits, RESPONSE_TERMS);
}

const REQUEST_TERMS = {
  allowsBlanks: false,
  invalid: "bad_request",
  truncated: "client_aborted",
  trailersTooLarge: "headers_too_large",
} as const;

const RESPONSE_TERMS = {
  allowsBlanks: true,
  invalid: "upstream_protocol",
  truncated: "upstream_aborted",
  trailersTooLarge: "upstream_protocol",
} as const;

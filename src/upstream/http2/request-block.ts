// The fields of a request on HTTP/2: its line and its Host become pseudo-fields, its framing the
// length that it says, if it has one.

import { NOTHING_STATED } from "../../http1/messages.ts";
import { requestFraming } from "../../http1/serialise.ts";
import { encodeField, encodeLines } from "../../http2/hpack-encoder.ts";
import { fieldOf, removeField } from "../../wire/headers.ts";
import type { UpstreamRequest } from "../transport.ts";

export function requestBlock(request: UpstreamRequest, isSecure: boolean): string {
  const { method, target, headers, statedLength, acceptsTrailers } = request;
  const host = fieldOf(headers, "host") ?? "";
  const isSized = statedLength !== NOTHING_STATED;
  const hostless = removeField(headers, "host");
  const lines = isSized ? removeField(hostless, "content-length") : hostless;
  const line =
    encodeField(":method", method) +
    encodeField(":scheme", isSecure ? "https" : "http") +
    (host === "" ? "" : encodeField(":authority", host)) +
    encodeField(":path", target);
  const terms = requestFraming(request) + (acceptsTrailers ? "TE: trailers\r\n" : "");
  return line + encodeLines(lines + terms);
}

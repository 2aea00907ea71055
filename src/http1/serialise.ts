// Messages out: the text of heads, and the framing of chunks. What is written is latin1. Blocks
// come validated, and never hold Transfer-Encoding or Connection, which the parsers cut and scripts
// cannot set: those are written here and nowhere else. A Content-Length that a block still holds is
// made to agree, or taken out, so that no message leaves with two lengths. Where the parser has
// seen what the block says, it is not searched again: that would copy it, being pieces by then.

import { fieldOf, isFieldValue, removeField, setField } from "../wire/headers.ts";
import { CHUNKED, isBodyless } from "./framing.ts";
import { NOTHING_STATED, type OutgoingRequest, type OutgoingResponse } from "./messages.ts";

/** How the end of a response's body is shown to the client. */
export type Framing = "none" | "length" | "chunked" | "close";

/** What the answer depends on besides the response itself. */
export interface ResponseOptions {
  readonly framing: Framing;
  /** HTTP/1.minor of the request. */
  readonly minor: 0 | 1;
  /** Whether the connection stays; never with framing `close`. */
  readonly keepAlive: boolean;
  /** The line of a DateLine. */
  readonly date: string;
}

/** The head of a request to a peer; of a connection that is not kept the peer is told so. */
export function requestHeadText(request: OutgoingRequest, keepAlive = true): string {
  const line = request.method + " " + request.target + " HTTP/1.1\r\n";
  const { statedLength } = request;
  const headers =
    statedLength === NOTHING_STATED
      ? request.headers
      : removeField(request.headers, "content-length");
  return line + headers + requestFraming(request) + optionLines(request, keepAlive) + "\r\n";
}

/** In one Connection line: RFC 9110 section 10.1.4 wants TE named in it. */
function optionLines({ acceptsTrailers, upgrade }: OutgoingRequest, keepAlive: boolean): string {
  const isLast = !keepAlive && upgrade === "";
  if (!acceptsTrailers) return isLast ? "Connection: close\r\n" : upgradeLines(upgrade);
  const options = ["TE", ...(isLast ? ["close"] : []), ...(upgrade === "" ? [] : ["upgrade"])];
  return `Connection: ${options.join(", ")}\r\nTE: trailers\r\n${upgradeLine(upgrade)}`;
}

/** How this response is to be framed for the client that made this request. */
export function responseFraming(
  response: { readonly status: number; readonly contentLength: number },
  request: { readonly method: string; readonly minor: 0 | 1 },
): Framing {
  if (isBodyless(request.method, response.status)) return "none";
  if (response.contentLength >= 0) return "length";
  return request.minor === 1 ? "chunked" : "close";
}

/** The head of a final response, or of a 101. */
export function responseHeadText(response: OutgoingResponse, options: ResponseOptions): string {
  let lines = response.hasDate ? "" : options.date;
  if (response.status === SWITCHING) lines += upgradeLines(response.upgrade);
  else if (!options.keepAlive) lines += "Connection: close\r\n";
  else if (options.minor === 0) lines += "Connection: keep-alive\r\n";
  if (options.framing === "chunked") lines += "Transfer-Encoding: chunked\r\n";
  const headers = framedBlock(response, options.framing);
  return statusLine(response) + headers + requestIdLine(response.requestId) + lines + "\r\n";
}

/** Empty for none. */
export const requestIdLine = (id: string): string =>
  id === "" ? "" : "X-Request-Id: " + id + "\r\n";

/** In one piece, for as long as it is that of the response before. */
function statusLine({ status, reason }: Pick<OutgoingResponse, "status" | "reason">): string {
  if (lastLine.status === status && lastLine.reason === reason) return lastLine.text;
  const text = Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n`, "latin1").toString("latin1");
  lastLine.status = status;
  lastLine.reason = text.slice(REASON_AT, -2);
  lastLine.text = text;
  return text;
}

const REASON_AT = "HTTP/1.1 200 ".length;
const lastLine = { status: 0, reason: "", text: "" };

/** The head of an interim response, 100 to 199 but 101. Not for HTTP/1.0 clients. */
export function informationalHeadText(status: number, reason: string, headers: string): string {
  return (
    "HTTP/1.1 " + status + " " + reason + "\r\n" + removeField(headers, "content-length") + "\r\n"
  );
}

/**
 * One chunk with its framing, copied: one write costs less than three of which two are tiny. Of no
 * bytes nothing is made, since an empty chunk would end the body.
 */
export function frameChunk(chunk: Uint8Array): Buffer {
  if (chunk.length === 0) return NO_BYTES;
  const size = chunk.length.toString(16);
  const framed = Buffer.allocUnsafe(size.length + chunk.length + 4);
  framed.write(size + "\r\n", 0, "latin1");
  framed.set(chunk, size.length + 2);
  framed.write("\r\n", size.length + 2 + chunk.length, "latin1");
  return framed;
}

/** The end of a chunked body; `trailers` are validated lines, or empty. */
export function lastChunk(trailers: string): string {
  return trailers === "" ? "0\r\n\r\n" : "0\r\n" + trailers + "\r\n";
}

/** A head and the body bytes that go with it, for one write. */
export function headWithBytes(head: string, bytes: Uint8Array): Buffer {
  const whole = Buffer.allocUnsafe(head.length + bytes.length);
  whole.write(head, 0, "latin1");
  whole.set(bytes, head.length);
  return whole;
}

const SWITCHING = 101;
const NO_CONTENT = 204;
const NO_BYTES = Buffer.alloc(0);

/**
 * Methods whose request has a meaning for its content, so that its absence is said: RFC 9110,
 * 8.6.
 */
const METHODS_WITH_CONTENT: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** The line that says how long a request's body is; empty: it has none. */
export function requestFraming(
  request: Pick<OutgoingRequest, "method" | "contentLength" | "hasBody">,
): string {
  if (request.contentLength === CHUNKED) return "Transfer-Encoding: chunked\r\n";
  if (request.hasBody || (request.method !== "GET" && METHODS_WITH_CONTENT.has(request.method))) {
    return "Content-Length: " + request.contentLength + "\r\n";
  }
  return "";
}

/** The block with the Content-Length that this framing calls for. */
export function framedBlock(response: OutgoingResponse, framing: Framing): string {
  const { headers, status, statedLength } = response;
  if (framing === "length") {
    if (statedLength === response.contentLength) return headers;
    const length = `${response.contentLength}`;
    if (statedLength === NOTHING_STATED) return headers + "Content-Length: " + length + "\r\n";
    if (fieldOf(headers, "content-length") === length) return headers;
    return setField(headers, "Content-Length", length);
  }
  // Of HEAD and 304 it says what a GET would give, and stays.
  if (statedLength === NOTHING_STATED) return headers;
  const isForeign = framing === "none" && status >= 200 && status !== NO_CONTENT;
  return isForeign ? headers : removeField(headers, "content-length");
}

function upgradeLines(upgrade: string): string {
  return upgrade === "" ? "" : "Connection: upgrade\r\n" + upgradeLine(upgrade);
}

function upgradeLine(upgrade: string): string {
  if (upgrade === "") return "";
  // A protocol comes from a client's head; it must not become more than one line of ours.
  if (!isFieldValue(upgrade)) throw new TypeError("Cannot write Upgrade: its value is not valid");
  return "Upgrade: " + upgrade + "\r\n";
}

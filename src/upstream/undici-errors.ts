// Which of our errors a failure of undici is. Its classes tell causes apart that we do not, and the
// other way round: whether a byte of an answer had come decides whether a retry is safe.

import type { ErrorCode } from "../base/errors.ts";

/** How far the response had come. */
export interface Heard {
  /** A byte of it. */
  readonly anything: boolean;
  /** Its final head. */
  readonly head: boolean;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  // The request cannot be expressed, `OPTIONS *` for one; nothing was sent.
  UND_ERR_INVALID_ARG: "not_implemented",
  UND_ERR_NOT_SUPPORTED: "not_implemented",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "internal",
  UND_ERR_HEADERS_OVERFLOW: "upstream_protocol",
};

/** Messages of UND_ERR_SOCKET that mean that the peer spoke, but not HTTP. */
const NOT_HTTP: ReadonlySet<string> = new Set(["bad response", "bad upgrade"]);

export function codeOfUndici(error: NodeJS.ErrnoException, heard: Heard): ErrorCode {
  const code = error.code ?? "";
  const known = CODES[code];
  if (known !== undefined) return known;
  if (NOT_HTTP.has(error.message)) return "upstream_protocol";
  // Any fault of the parser becomes this one if a Content-Length was read before it.
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    return heard.head ? "upstream_aborted" : "upstream_protocol";
  }
  if (error.name === "HTTPParserError") {
    // The connection ended within a message.
    const isTruncated = error.message.includes("Invalid EOF state");
    return isTruncated ? "upstream_aborted" : "upstream_protocol";
  }
  return heard.anything ? "upstream_aborted" : "upstream_closed";
}

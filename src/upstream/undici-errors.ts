// Which of our errors a failure of undici is. Its classes tell causes apart that we do not, and the
// other way round: whether a byte of an answer had come decides whether a retry is safe.

import type { ErrorCode } from "../base/errors.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  // The request cannot be expressed, `OPTIONS *` for one; nothing was sent.
  UND_ERR_INVALID_ARG: "not_implemented",
  UND_ERR_NOT_SUPPORTED: "not_implemented",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "internal",
  UND_ERR_HEADERS_OVERFLOW: "upstream_protocol",
  // The connection ended before the announced length.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "upstream_aborted",
  // The parser was within a message when the connection ended.
  HPE_INVALID_EOF_STATE: "upstream_aborted",
};

/** Messages of UND_ERR_SOCKET that mean that the peer spoke, but not HTTP. */
const NOT_HTTP = new Set(["bad response", "bad upgrade"]);

/** @param heard  whether any byte came back for this request */
export function codeOfUndici(error: NodeJS.ErrnoException, heard: boolean): ErrorCode {
  const code = error.code ?? "";
  const known = CODES[code];
  if (known !== undefined) return known;
  if (code.startsWith("HPE_") || NOT_HTTP.has(error.message)) return "upstream_protocol";
  return heard ? "upstream_aborted" : "upstream_closed";
}

// The proxy's own answer to a failure: a problem document (RFC 9457) with the code and the
// request's id. It never says what was behind it: no address, no path, no message of a script.

import { ERRORS, type SluiceError } from "../base/errors.ts";
import type { Answer } from "../sandbox/call.ts";

/** What is told of a failure. */
export type Failure = Pick<SluiceError, "code" | "retryAfterMs">;

/** Seconds after which a client may try again when the proxy is at a limit, at the least. */
const RETRY_AFTER_S = 1;

export function errorAnswer({ code, retryAfterMs }: Failure, id: string): Answer {
  const { status, sentence } = ERRORS[code];
  const problem = { type: "about:blank", title: sentence, status, code, requestId: id };
  const body = Buffer.from(`${JSON.stringify(problem)}\n`);
  const headers = "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n";
  const retryAfterS = Math.max(RETRY_AFTER_S, Math.ceil(retryAfterMs / 1_000));
  const retryAfter = `Retry-After: ${retryAfterS}\r\n`;
  if (status === 503 || status === 429) return { status, headers: headers + retryAfter, body };
  if (status === 405) return { status, headers: `${headers}Allow: ${ALLOWED}\r\n`, body };
  return { status, headers, body };
}

/** What is forwarded; CONNECT and TRACE are not. */
export const ALLOWED = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

// The head of a fetch's response as the script's runtime gets it: a line of JSON, the header block
// behind it, and a short body that needs no decoding: as text if it is ASCII, which is read at no
// cost then, else as bytes.

import { isAscii } from "node:buffer";
import type { HostAnswer } from "../sandbox/host-call.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { escapeJson } from "../wire/frame.ts";
import { codingsOf } from "./fetched-body.ts";
import { FETCH_LIMITS } from "./limits.ts";

export interface Answered {
  readonly response: UpstreamResponse;
  /** Of the last hop. */
  readonly url: string;
  readonly isRedirected: boolean;
}

/**
 * @param whole     the whole body; null: it is not there yet, or there is none
 * @param bytesMax  of a body that a script may have whole
 */
export function headAnswer(answered: Answered, whole: Buffer | null, bytesMax: number): HostAnswer {
  const { response, url, isRedirected } = answered;
  const { status, reason, headers, contentLength } = response;
  const isShort = whole !== null && whole.length <= Math.min(FETCH_LIMITS.inlineBytes, bytesMax);
  const inline = isShort && codingsOf(headers).length === 0 ? whole : null;
  const text = inline !== null && isAscii(inline) ? inline.toString("latin1") : null;
  // what has no body, as a HEAD's or a 204's, has none to read
  const hasBody = contentLength !== 0;
  const given = inline === null ? "nothing" : text === null ? "bytes" : headers.length;
  const head = [status, reason, url.replace(/#.*$/, ""), isRedirected, hasBody, given];
  const line = escapeJson(JSON.stringify(head));
  const bytes = text === null ? inline : null;
  return { ok: true, text: `${line}\n${headers}${text ?? ""}`, bytes };
}

// The head of a fetch's response as the script's runtime gets it: a line of JSON, the header block
// behind it, and a short body that needs no decoding: as text if it is ASCII, which is read at no
// cost then, else as bytes.

import { isAscii } from "node:buffer";
import type { HostAnswer } from "../sandbox/host-call.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { codingsOf } from "./fetched-body.ts";
import { FETCH_LIMITS } from "./limits.ts";

export interface Answered {
  readonly response: UpstreamResponse;
  /** Of the last hop, without its fragment. */
  readonly page: string;
  readonly isRedirected: boolean;
}

/** A body, as it came with its head: text is latin1. */
export type WholeBody = Buffer | string;

/**
 * @param whole     the whole body; null: it is not there yet, or there is none
 * @param bytesMax  of a body that a script may have whole
 */
export function headAnswer(
  { response, page, isRedirected }: Answered,
  whole: WholeBody | null,
  bytesMax: number,
): HostAnswer {
  const { status, reason, headers, contentLength } = response;
  const isShort = whole !== null && whole.length <= Math.min(FETCH_LIMITS.inlineBytes, bytesMax);
  const inline = isShort && codingsOf(headers).length === 0 ? whole : null;
  const text = inline === null ? null : asciiOf(inline);
  // what has no body, as a HEAD's or a 204's, has none to read
  const hasBody = contentLength !== 0;
  const given = inline === null ? "nothing" : text === null ? "bytes" : headers.length;
  // latin1, as the reason is
  const line = JSON.stringify([status, reason, page, isRedirected, hasBody, given]);
  const bytes = inline === null || text !== null ? null : bytesOf(inline);
  return { ok: true, text: `${line}\n${headers}${text ?? ""}`, bytes };
}

/** Null: it is something else. ASCII has as many bytes in UTF-8 as characters. */
function asciiOf(body: WholeBody): string | null {
  if (typeof body === "string") return Buffer.byteLength(body) === body.length ? body : null;
  return isAscii(body) ? body.toString("latin1") : null;
}

export const bytesOf = (body: WholeBody): Buffer =>
  typeof body === "string" ? Buffer.from(body, "latin1") : body;

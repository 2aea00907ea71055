// What the host puts right when a body hook exists: everything in a head that speaks of the exact
// bytes of a body that is about to change.

import { limitAcceptEncoding } from "../http1/coding.ts";
import { NOTHING_STATED } from "../http1/messages.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { fieldOf, hasField, removeField, setField } from "../wire/headers.ts";

/** Checksums of a body (RFC 9530, and older ones). */
export const DIGESTS: readonly string[] = [
  ...["content-md5", "digest", "content-digest", "repr-digest"],
];

/** Parts of a body cannot be filtered as if they were the whole: the whole is asked for. */
export function repairRequestForResponseFilter(headers: string): string {
  return limitAcceptEncoding(removeAll(headers, ["range", "if-range"]));
}

/** The request's own body is decoded for its hook and goes on as the hook left it. */
export function repairRequestBody(headers: string): string {
  return removeAll(headers, ["content-length", "content-encoding", ...DIGESTS]);
}

/** Length and validators of the response's body before its hooks: unknown, and weak. */
export function repairResponse(response: UpstreamResponse): UpstreamResponse {
  let headers = removeAll(response.headers, ["content-length", "accept-ranges", ...DIGESTS]);
  const tag = fieldOf(headers, "etag");
  // a weak tag says "the same to a reader", which is still for the author of the hook to know
  if (tag?.startsWith('"')) headers = setField(headers, "ETag", `W/${tag}`);
  const contentLength = response.contentLength === 0 ? 0 : -1;
  return { ...response, headers, contentLength, statedLength: NOTHING_STATED };
}

function removeAll(headers: string, names: readonly string[]): string {
  let block = headers;
  for (const name of names) if (hasField(block, name)) block = removeField(block, name);
  return block;
}

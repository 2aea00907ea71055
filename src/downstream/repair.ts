// Corrects a head whose body is about to go through body hooks: everything in it that speaks of
// the exact bytes of the body.

import { limitAcceptEncoding } from "../http1/coding.ts";
import type { ResponseParts } from "../phases/exchange.ts";
import { fieldOf, hasField, removeField, setField } from "../wire/headers.ts";

/** Checksums of a body (RFC 9530, and older ones). */
export const DIGESTS: readonly string[] = [
  ...["content-md5", "digest", "content-digest", "repr-digest"],
];

const OF_THE_BYTES: readonly string[] = ["accept-ranges", ...DIGESTS];

/** Parts of a body cannot be filtered as if they were the whole: the whole is asked for. */
export function repairRequestForResponseFilter(headers: string): string {
  return limitAcceptEncoding(removeAll(headers, ["range", "if-range"]));
}

/** The request's own body is decoded for its hook and goes on as the hook left it. */
export function repairRequestBody(headers: string): string {
  return removeAll(headers, ["content-length", "content-encoding", ...DIGESTS]);
}

/**
 * Length and validators of a response whose body hooks are about to change: unknown, and weak. What
 * a hook has said itself in the place of the upstream's stays: it knows what it makes of the body.
 */
export function repairHead(response: ResponseParts, upstreams: string): void {
  let headers = removeField(response.headers, "content-length");
  for (const name of OF_THE_BYTES) {
    const value = fieldOf(headers, name);
    if (value !== null && value === fieldOf(upstreams, name)) headers = removeField(headers, name);
  }
  const tag = fieldOf(headers, "etag");
  // a weak tag says "the same to a reader", which is still for the author of the hook to know
  if (tag?.startsWith('"') && tag === fieldOf(upstreams, "etag")) {
    headers = setField(headers, "ETag", `W/${tag}`);
  }
  response.headers = headers;
}

function removeAll(headers: string, names: readonly string[]): string {
  let block = headers;
  for (const name of names) if (hasField(block, name)) block = removeField(block, name);
  return block;
}

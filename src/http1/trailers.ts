// Trailer sections: RFC 9110 section 6.5. They come after everything has been decided, so nothing
// in them may frame, route, authorise or describe the message: such fields are dropped, silently.

import { isFieldBlock, RESERVED_NAMES, removeFields } from "../wire/headers.ts";

const NEVER_IN_TRAILERS: ReadonlySet<string> = new Set([
  ...RESERVED_NAMES,
  ...["host", "via", "forwarded", "max-forwards", "x-request-id", "location"],
  ...["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip"],
  ...["authorization", "www-authenticate", "authentication-info", "cookie", "set-cookie"],
  ...["cache-control", "pragma", "expires", "age", "date", "vary", "warning", "retry-after"],
  ...["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"],
  ...["content-encoding", "content-type", "content-range", "content-location", "origin"],
]);

/**
 * The lines of a trailer section that may be passed on; null if it is not valid.
 *
 * @param section  whole lines without the empty one
 * @param nominated  what the head's Connection listed: those are dropped too
 */
export function readTrailers(
  section: string,
  nominated: ReadonlySet<string> | null,
): string | null {
  if (section === "") return "";
  if (!isFieldBlock(section)) return null;
  const kept = removeFields(section, NEVER_IN_TRAILERS);
  return nominated === null ? kept : removeFields(kept, nominated);
}

// Trailer sections: RFC 9110 section 6.5. They come after everything has been decided, so nothing
// in them may frame, route, authorise or describe the message, or say what the proxy alone says in
// a head: such fields are dropped, silently, in any spelling (wire/lookalikes.ts).

import { isFieldBlock, RESERVED_NAMES, removeFields, removeMatching } from "../wire/headers.ts";
import { foldedName } from "../wire/lookalikes.ts";

const NEVER_IN_TRAILERS: ReadonlySet<string> = new Set([
  ...RESERVED_NAMES,
  ...["host", "via", "forwarded", "max-forwards", "x-request-id", "location"],
  ...["x-real-ip", "sluice-version", "accept-encoding"],
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
  const kept = removeMatching(section, isNeverInTrailers);
  return nominated === null ? kept : removeFields(kept, nominated);
}

function isNeverInTrailers(lowerCaseName: string): boolean {
  const name = foldedName(lowerCaseName);
  return NEVER_IN_TRAILERS.has(name) || name.startsWith("x-forwarded-");
}

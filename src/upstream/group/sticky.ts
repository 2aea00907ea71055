// How a cookie names the peer of a client: by a hash, so that clients do not learn addresses, and
// the same on every worker and machine.

import { createHash } from "node:crypto";

const CHARS = 16;
/** Of peers that are there; what was there before is forgotten as a whole. */
const KNOWN_MAX = 4_096;

const known = new Map<string, string>();

export function stickyId(group: string, address: string): string {
  const text = `${group} ${address}`;
  const found = known.get(text);
  if (found !== undefined) return found;
  const made = createHash("sha256").update(text).digest("base64url").slice(0, CHARS);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, made);
  return made;
}

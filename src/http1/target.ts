// Request targets: RFC 9112 section 3.2. The path is never decoded, joined or cleaned: what came is
// what scripts see and what is sent. Bytes above 0x7e and `#` have been refused before.

import { SluiceError } from "../base/errors.ts";
import { isHost } from "../wire/host.ts";

export interface TargetParts {
  /** Origin-form, or `*`. */
  readonly target: string;
  /** Authority of an absolute-form, lower case; null: there was none, the Host field counts. */
  readonly authority: string | null;
}

/** Scheme, authority, and the rest, which begins with `/` or `?`, or is empty. */
const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/i;

/** Reads a target that is not in origin-form, and the methods that have targets of their own. */
export function readTarget(method: string, target: string): TargetParts {
  if (method === "CONNECT" || method === "TRACE") {
    throw new SluiceError("method_not_allowed", `Cannot serve ${method}: it is switched off`);
  }
  if (target.startsWith("/")) return { target, authority: null };
  if (target === "*") {
    if (method === "OPTIONS") return { target, authority: null };
    throw new SluiceError("bad_request", "Cannot read target: expected * with OPTIONS only");
  }
  const parts = ABSOLUTE.exec(target);
  const authority = parts?.[1] ?? "";
  // A user name in the authority is refused by isHost: it is how links are made to look
  // trustworthy.
  if (!isHost(authority)) {
    throw new SluiceError("bad_request", "Cannot read target: expected a path or an http(s) URL");
  }
  const rest = parts?.[2] ?? "";
  const path = rest === "" && method === "OPTIONS" ? "*" : rest.startsWith("/") ? rest : "/" + rest;
  return { target: path, authority: authority.toLowerCase() };
}

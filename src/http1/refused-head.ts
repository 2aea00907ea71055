// What can be said of a head that is not valid, for the log: the words in the places of method,
// target and host. Nothing of it is trusted, and nothing is decided by it.

import { isToken } from "../wire/headers.ts";

export interface RefusedHead {
  /** Empty, as the others: there is none to be seen. */
  readonly method: string;
  readonly target: string;
  readonly host: string;
}

/** A request line as long as one may be, and the lines behind it that usually have the Host. */
const LOOKED_AT_BYTES = 16_384;

/** @param bytes  that have come of it; null: none */
export function refusedHead(bytes: Buffer | null): RefusedHead {
  const text = bytes?.toString("latin1", 0, LOOKED_AT_BYTES) ?? "";
  const [, method = "", target = ""] = /^[\r\n]*([^\s]{1,64})[ \t]+([^\r\n \t]*)/.exec(text) ?? [];
  if (!isToken(method)) return { method: "", target: "", host: "" };
  const host = /\nhost:[ \t]*([^\r\n]*)/i.exec(text)?.[1]?.trimEnd() ?? "";
  return { method, target, host };
}

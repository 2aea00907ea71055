// What may be called without a token while there is no token at all: from this machine only. A
// page in a browser on this machine is no operator: it can send neither a Host that is an address
// (after its own name was made to point here) nor JSON (without a preflight request, which we
// never grant).

import { isIP } from "node:net";
import { isLoopbackAddress } from "../../base/config/address.ts";

interface Knock {
  readonly headers: Headers;
  readonly remote: string;
}

/** Null: it comes from a person or program on this machine. */
export function machineRefusal({ headers, remote }: Knock): string | null {
  if (!isLoopbackAddress(remote.replace(/^::ffff:/, ""))) {
    return "Expected a request from this machine, or an operator's token.";
  }
  const host = (headers.get("host") ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (host !== "localhost" && isIP(host) === 0) {
    return "Expected an IP address or localhost as Host.";
  }
  const isJson = /^application\/json\b/.test(headers.get("content-type") ?? "");
  return isJson ? null : "Expected Content-Type: application/json.";
}

// Upgrades: which of the protocols that a client wants to switch to are asked of the origin. Behind
// a switch nobody looks at what passes, so a tenant names what it allows; its default is WebSocket.

import type { RequestHead } from "../http1/messages.ts";

export const WEBSOCKET = "websocket";

/**
 * Lower case, separated by commas; empty: none. A WebSocket begins with a GET, whose body would be
 * read as frames by some; other protocols begin where the body ends (RFC 9110 section 7.8).
 */
export function offeredUpgrade(
  { upgrade, contentLength }: Pick<RequestHead, "upgrade" | "contentLength">,
  allowed: ReadonlySet<string>,
): string {
  if (upgrade === "") return "";
  const protocols = upgrade.split(",").map((protocol) => protocol.trim());
  const mayPass = (protocol: string): boolean =>
    allowed.has(protocol) && (protocol !== WEBSOCKET || contentLength === 0);
  return protocols.filter(mayPass).join(", ");
}

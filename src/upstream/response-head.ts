// From the codec's response head to the one that the rest of Sluice sees, for both transports.

import { UNTIL_CLOSE } from "../http1/framing.ts";
import type { ResponseHead } from "../http1/messages.ts";
import type { UpstreamResponse } from "./transport.ts";

/** The same object where it says the same: no copy on the hot path. */
export function toUpstreamResponse(head: ResponseHead): UpstreamResponse {
  return head.contentLength === UNTIL_CLOSE ? { ...head, contentLength: -1 } : head;
}

/** Whether all protocols of a 101 were offered by the request: `websocket`, `websocket, foo/2`. */
export function isAsked(switchedTo: string, offered: string): boolean {
  if (offered === "") return false;
  const offers = protocols(offered);
  return protocols(switchedTo).every((protocol) => offers.includes(protocol));
}

function protocols(list: string): string[] {
  return list.split(",").map((protocol) => protocol.trim().toLowerCase());
}

// What both transports do with a response head after the codec: they bring it into the shape that
// the rest of Sluice uses, and refuse what a peer may not send.

import { SluiceError } from "../base/errors.ts";
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

const PREFIX = "HTTP/1.";

/** Whether the first bytes, as far as they are there, are a response's: noise is known at once. */
export function beginsLikeAHead(chunk: Buffer, start: number): boolean {
  const end = Math.min(chunk.length, start + PREFIX.length);
  return PREFIX.startsWith(chunk.toString("latin1", start, end));
}

export function protocolFault(what: string, cause?: Error): SluiceError {
  const message = `Cannot read response: ${what}`;
  return new SluiceError("upstream_protocol", message, cause === undefined ? undefined : { cause });
}

/** The codec's code for a coding that no one decodes is the client's; here the peer is to blame. */
export function peersFault(thrown: unknown): SluiceError {
  if (!(thrown instanceof SluiceError)) throw thrown;
  return thrown.code === "upstream_protocol" ? thrown : protocolFault(thrown.message, thrown);
}

// The head of one hop of a fetch: which of the script's lines are sent, and which lines only the
// proxy may write. Via is one of the latter: loops are found by it, across any number of proxies.

import { NOTHING_STATED } from "../http1/messages.ts";
import type { UpstreamRequest } from "../upstream/transport.ts";
import { fieldOf, hasField, isReserved, removeMatching } from "../wire/headers.ts";
import { isHost } from "../wire/host.ts";
import { foldedName } from "../wire/lookalikes.ts";
import type { Order } from "./order.ts";
import { FetchRefusal } from "./refusal.ts";

/** Sent where the script says nothing. */
const DEFAULTS: readonly (readonly [name: string, line: string])[] = [
  ["accept", "Accept: */*\r\n"],
  ["accept-encoding", "Accept-Encoding: gzip, br\r\n"],
  ["user-agent", "User-Agent: Sluice\r\n"],
];

const OF_THE_PROXY: ReadonlySet<string> = new Set(["host", "via", "cdn-loop", "max-forwards"]);

/** Lines by which a loop is found. */
export interface Trace {
  /** Via of the request that the fetch is made for, with our own name at its end. */
  readonly via: string;
  /** Null: it came without. */
  readonly cdnLoop: string | null;
}

/** @param traceLines  by which the trace goes on there; empty: nobody traces */
export function upstreamRequest(
  order: Order,
  { via, cdnLoop }: Trace,
  traceLines = "",
): UpstreamRequest {
  const { method, url, body, isStreamed } = order;
  const own = removeMatching(order.headers, traceLines === "" ? isOfTheProxy : isOfATrace);
  let headers = `Host: ${hostOf(order)}\r\n${own}`;
  for (const [name, line] of DEFAULTS) if (!hasField(own, name)) headers += line;
  headers += traceLines;
  if (via !== "") headers += `Via: ${via}\r\n`;
  if (cdnLoop !== null) headers += `CDN-Loop: ${cdnLoop}\r\n`;
  return {
    method,
    target: url.target,
    headers,
    contentLength: isStreamed ? -1 : (body?.length ?? 0),
    statedLength: NOTHING_STATED,
    hasBody: isStreamed || body !== null,
    acceptsTrailers: false,
    mayLogIn: true,
    clientHeaders: headers,
    upgrade: "",
  };
}

const isOfTheProxy = (name: string): boolean =>
  isReserved(name) || OF_THE_PROXY.has(foldedName(name));

const isOfATrace = (name: string): boolean =>
  isOfTheProxy(name) || name === "traceparent" || name === "tracestate";

/** A tenant's own group may know itself by another name than its URL's. */
function hostOf({ url, headers, group }: Order): string {
  const given = group === null ? null : fieldOf(headers, "host");
  if (given === null) return url.host;
  if (!isHost(given)) throw new FetchRefusal("fetch: expected Host to be host or host:port");
  return given;
}

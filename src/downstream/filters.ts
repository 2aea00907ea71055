// The filters of one exchange: which bodies go through hooks, from which coding into which, and
// what the heads must say for it.

import { codingOf, isKnownCoding } from "../http1/coding.ts";
import {
  filtersRequest,
  filtersResponse,
  requestBodyMode,
  responseBodyMode,
} from "../phases/body-modes.ts";
import type { Exchange } from "../phases/exchange.ts";
import { type Layer, outwards } from "../phases/layer.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import { hasField } from "../wire/headers.ts";
import { PASSED_BODY } from "../wire/records.ts";
import type { BodyFilterSink } from "./body-filter.ts";
import { chainFilters, type FilterChain } from "./filter-chain.ts";
import { repairRequestBody, repairRequestForResponseFilter } from "./repair.ts";
import type { Unread } from "./unread.ts";

/**
 * The header block for the upstream, with what the body hooks will break put right beforehand,
 * and with the trace as it goes on there.
 */
export function repairedRequest(exchange: Exchange, headers: string, hasBody: boolean): string {
  let block = headers;
  // an HTTP/1.0 request may come without Host, but what we send is HTTP/1.1
  if (exchange.host === "" && !hasField(block, "host"))
    block += `Host: ${hostOf(exchange.peer)}\r\n`;
  if (filtersResponse(exchange)) block = repairRequestForResponseFilter(block);
  if (hasBody && filtersRequest(exchange)) block = repairRequestBody(block);
  const { trace, timings } = exchange;
  return trace === null ? block : trace.sendOn(block, timings?.spanId ?? trace.spanId);
}

/** A path names no host: what is behind a UNIX socket is on this machine. */
const hostOf = (peer: string): string => (peer.startsWith("unix:") ? "localhost" : peer);

/** Whose bodies they are. */
export interface Filtered {
  readonly exchange: Exchange;
  readonly sequence: PhaseSequence;
  /** Of the tenant. */
  readonly unread: Unread;
}

/** For one attempt, inwards; null: no hook is to see the request's body. */
export function requestFilter(
  { exchange, sequence, unread }: Filtered,
  sink: BodyFilterSink,
): FilterChain | null {
  if (!filtersRequest(exchange)) return null;
  const coding = codingOf(exchange.headers);
  const options = {
    ...{ sequence, unread },
    chain: CHAIN.requestBody,
    layers: layersOf(exchange, requestBodyMode).reverse(),
    decode: isKnownCoding(coding) ? coding : "",
    encode: "",
    bufferBytes: requestBodyMode,
    errors: { tooLarge: "body_too_large", invalid: "bad_request" },
  } as const;
  return chainFilters(options, sink);
}

const layersOf = (innermost: Layer, modeOf: (layer: Layer) => number): Layer[] =>
  outwards(innermost).filter((layer) => modeOf(layer) !== PASSED_BODY);

export interface FilteredResponse {
  /** The innermost layer that sees it. */
  readonly seenBy: Layer;
  /** What it came in; a hook that removed Content-Encoding gets its bytes plain. */
  readonly coding: string;
}

export function responseFilter(
  { exchange, sequence, unread }: Filtered,
  { seenBy, coding }: FilteredResponse,
  sink: BodyFilterSink,
): FilterChain {
  const kept = codingOf(exchange.response?.headers ?? "");
  const options = {
    ...{ sequence, unread },
    chain: CHAIN.responseBody,
    layers: layersOf(seenBy, responseBodyMode),
    decode: coding,
    encode: kept === coding ? coding : "",
    bufferBytes: responseBodyMode,
    errors: { tooLarge: "upstream_protocol", invalid: "upstream_protocol" },
  } as const;
  return chainFilters(options, sink);
}

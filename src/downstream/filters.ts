// The filters of one exchange: which bodies go through hooks, from which coding into which, and
// what the heads must say for it.

import { codingOf, isKnownCoding } from "../http1/coding.ts";
import { requestBodyMode, responseBodyMode } from "../phases/body-modes.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import { hasField } from "../wire/headers.ts";
import { PASSED_BODY } from "../wire/records.ts";
import { BodyFilter, type BodyFilterSink } from "./body-filter.ts";
import { repairRequestBody, repairRequestForResponseFilter } from "./repair.ts";
import type { Unread } from "./unread.ts";

/** The header block for the upstream, with what the body hooks will break put right beforehand. */
export function repairedRequest(exchange: Exchange, headers: string, hasBody: boolean): string {
  let block = headers;
  // an HTTP/1.0 request may come without Host, but what we send is HTTP/1.1
  if (exchange.host === "" && !hasField(block, "host"))
    block += `Host: ${hostOf(exchange.peer)}\r\n`;
  if (responseBodyMode(exchange) !== PASSED_BODY) block = repairRequestForResponseFilter(block);
  if (hasBody && requestBodyMode(exchange) !== PASSED_BODY) block = repairRequestBody(block);
  return block;
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

/** For one attempt; null: no hook is to see the request's body. */
export function requestFilter(
  { exchange, sequence, unread }: Filtered,
  sink: BodyFilterSink,
): BodyFilter | null {
  const bufferBytes = requestBodyMode(exchange);
  if (bufferBytes === PASSED_BODY) return null;
  const coding = codingOf(exchange.headers);
  const options = {
    ...{ sequence, unread },
    chain: CHAIN.requestBody,
    decode: isKnownCoding(coding) ? coding : "",
    encode: "",
    bufferBytes,
    errors: { tooLarge: "body_too_large", invalid: "bad_request" },
  } as const;
  return new BodyFilter(options, sink);
}

/**
 * @param coding  what the upstream sent; a hook that removed Content-Encoding gets its bytes
 * plain
 */
export function responseFilter(
  { exchange, sequence, unread }: Filtered,
  coding: string,
  sink: BodyFilterSink,
): BodyFilter {
  const kept = codingOf(exchange.response?.headers ?? "");
  const options = {
    ...{ sequence, unread },
    chain: CHAIN.responseBody,
    decode: coding,
    encode: kept === coding ? coding : "",
    bufferBytes: responseBodyMode(exchange),
    errors: { tooLarge: "upstream_protocol", invalid: "upstream_protocol" },
  } as const;
  return new BodyFilter(options, sink);
}

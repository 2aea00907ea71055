// The keys that say how clients come in, and what each may take.

import * as z from "zod";
import { integer, listenAddress, listOf, mapping, network } from "./fields.ts";
import { listenerTls } from "./tls-schema.ts";

const MAX_BYTES = Number.MAX_SAFE_INTEGER;

export const listener = mapping({
  address: listenAddress(),
  proxyProtocol: mapping({
    from: listOf(network(), "a list of IP addresses or networks").describe(
      "Balancers that begin each connection with such a header; all others must not.",
    ),
  })
    .optional()
    .describe("Who a client is comes in a PROXY header, version 1 or 2, before TLS."),
  tls: listenerTls.optional().describe("Clients speak TLS here. Left out: HTTP in the clear."),
  http2: z
    .boolean("true or false")
    .optional()
    .describe("HTTP/2 too. Left out: with TLS, but not in the clear, where few clients speak it."),
});

export const overload = mapping({
  lagMs: integer(0, 60_000)
    .default(1_000)
    .describe("Of a worker's event loop, by its own work; 0: any."),
  requests: integer(0, 1_000_000).default(0).describe("Under way in one worker; 0: any."),
  memoryPercent: integer(0, 100)
    .default(90)
    .describe("Of the machine's or cgroup's memory, that this process has; 0: any."),
});

export const limits = mapping({
  headBytes: integer(1_024, 1_048_576).default(32_768).describe("A request's head."),
  headers: integer(1, 10_000).default(200).describe("Header lines of a request."),
  targetBytes: integer(64, 1_048_576).default(16_384).describe("Path and query."),
  bodyBytes: integer(0, MAX_BYTES).optional().describe("A request's body; left out: any."),
  bodyBytesPerSecond: integer(0, MAX_BYTES)
    .default(240)
    .describe("The least of a body that a client must send; 0: any."),
  responseBytesPerSecond: integer(0, MAX_BYTES)
    .default(240)
    .describe("The least of an answer that a client must take; 0: any."),
  connections: integer(1, 1_000_000).default(20_000).describe("Client connections of one worker."),
  connectionsPerAddress: integer(0, 1_000_000)
    .default(0)
    .describe("Of one address (a /64 of IPv6), of one worker; trusted proxies any; 0: any."),
  handshakesPerSecond: integer(0, 1_000_000)
    .default(500)
    .describe("TLS handshakes that one address may begin, of one worker; 0: any."),
});

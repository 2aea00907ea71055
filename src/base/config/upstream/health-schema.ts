// The keys of a group that say when a peer is sound: checks that are made, and what its answers
// say. Why the defaults are what they are is in docs/upstreams.md.

import * as z from "zod";
import { isFieldValue } from "../../../wire/headers.ts";
import { checked, choice, integer, listOf, mapping, milliseconds, text } from "../fields.ts";

const statuses = () =>
  listOf(
    checked({
      expected: "a status or a range, such as 200 or 200-399",
      pattern: /^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?$/,
      isValid: () => true,
    }),
    "a list of statuses",
  );

const target = () =>
  checked({
    expected: "a path with or without a query, such as /health",
    pattern: /^\/[!-~]*$/,
    isValid: (value) => !value.includes("#"),
  });

const value = () =>
  checked({ expected: "a header's value", pattern: /^[\t -~]+$/, isValid: isFieldValue });

const health = mapping({
  kind: choice(["http", "tcp", "grpc"])
    .default("http")
    .describe("tcp: a connection is enough; grpc: gRPC's health protocol, with protocol: http2."),
  service: checked({
    expected: "the name of a service, such as shop.Orders",
    pattern: /^[!-~]{0,127}$/,
    isValid: () => true,
  })
    .default("")
    .describe("For grpc; left out: the server as a whole."),
  path: target().default("/").describe("What is asked for."),
  host: value().optional().describe("Host of the request; left out: the peer's address."),
  headers: z.record(z.string(), text(), "a mapping").default({}),
  statuses: statuses().default(["200-299"]).describe("A redirect is a failure."),
  header: mapping({ name: text(), value: text().optional() })
    .optional()
    .describe("What the answer must have, with this text in its value."),
  body: text().optional().describe("Text that the first 64 KiB of the answer must have."),
  intervalMs: milliseconds(10).default(2_000),
  fastIntervalMs: milliseconds(10).default(500).describe("While a peer is changing."),
  timeoutMs: milliseconds(10).default(1_000),
  rise: integer(1, 100).default(2).describe("Successes in a row until a peer is up."),
  fall: integer(1, 100).default(3).describe("Failures in a row until it is down."),
  jitterPercent: integer(0, 50).default(10).describe("Of each interval, at random."),
});

const successRate = mapping({
  minPeers: integer(2, 1_000).default(5).describe("That have had enough requests."),
  minRequests: integer(1, 1_000_000).default(100).describe("Of a peer, within an interval."),
  stdevFactor: integer(0, 100_000)
    .default(1_900)
    .describe("Thousandths of a standard deviation below the mean."),
});

const failurePercentage = mapping({
  threshold: integer(1, 100).default(85),
  minPeers: integer(1, 1_000).default(5),
  minRequests: integer(1, 1_000_000).default(50),
});

const ejection = mapping({
  consecutiveFailures: integer(0, 1_000)
    .default(5)
    .describe("5xx answers in a row, or none at all; 0: they do not count."),
  consecutiveGatewayFailures: integer(0, 1_000)
    .default(0)
    .describe("502, 503, 504 in a row, or no answer at all; 0: they do not count."),
  successRate: successRate.optional().describe("Peers that do worse than the others."),
  failurePercentage: failurePercentage.optional().describe("Peers that fail more than this."),
  intervalMs: milliseconds(100).default(10_000),
  baseMs: milliseconds(100).default(30_000).describe("Times how often in a row."),
  maxMs: milliseconds(100).default(300_000),
  maxPercent: integer(0, 100).default(10).describe("Of the peers; one may always be ejected."),
  jitterMs: milliseconds(0).default(0),
});

export const healthKeys = {
  health: health.optional().describe("Checks that the proxy makes; left out: none."),
  ejection: ejection.optional().describe("Left out: no peer is judged by its answers."),
  panicPercent: integer(0, 100)
    .default(50)
    .describe("If less of the peers are sound, all are used; 0: never."),
};

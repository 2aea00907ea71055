// The keys of a group that say which of its peers is next, and how much each may have at a time.
// Why the defaults are what they are is in docs/upstreams.md.

import * as z from "zod";
import { isToken } from "../../../wire/headers.ts";
import { checked, choice, integer, mapping, milliseconds } from "../fields.ts";

const token = (what: string) =>
  checked({ expected: what, pattern: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, isValid: isToken });

const hash = mapping({
  by: choice(["address", "header", "cookie", "script"])
    .default("address")
    .describe("What is hashed; script: the key that upstreamPeer returns."),
  name: token("the name of a header or a cookie").optional().describe("Of the header or cookie."),
  boundPercent: z
    .union([z.literal(0), integer(101, 1_000)], "0, or an integer from 101 to 1000")
    .default(0)
    .describe("A peer takes at most this share of the average under way; 0: no bound."),
});

const sticky = mapping({
  cookie: token("the name of a cookie").describe("Names the peer of a client, as a hash."),
  maxAgeMs: milliseconds().optional().describe("How long it lasts; left out: the session."),
  secure: z.boolean("true or false").default(false).describe("Sent over TLS only."),
  sameSite: choice(["lax", "strict", "none"]).default("lax"),
});

const limits = mapping({
  requests: integer(1, 1_000_000).optional().describe("Under way at one peer."),
  connections: integer(1, 1_000_000).optional().describe("Open to one peer, idle ones too."),
});

const queue = mapping({
  max: integer(0, 100_000).default(1_024).describe("Requests that wait for a peer with room."),
  timeoutMs: milliseconds().default(5_000).describe("How long one waits; then it gets 503."),
});

const retryBudget = mapping({
  percent: integer(0, 100).default(20).describe("Of the requests under way, how many are retries."),
  min: integer(0, 1_000).default(3).describe("Retries at a time, whatever the percentage says."),
});

export const balanceKeys = {
  balance: choice(["round-robin", "least-requests", "peak-ewma", "hash"])
    .default("round-robin")
    .describe("Which of the peers is next."),
  hash: hash.prefault({}).describe("For balance: hash."),
  sticky: sticky.optional().describe("Clients come back to their peer, by a cookie."),
  slowStartMs: milliseconds(0)
    .default(0)
    .describe("How long a peer that comes, or comes back, takes to get its whole share."),
  limits: limits.prefault({}).describe("For each peer, of all workers."),
  queue: queue.prefault({}).describe("What waits when every peer is at its limit."),
  retryBudget: retryBudget.optional().describe("Left out: maxRetries alone counts."),
};

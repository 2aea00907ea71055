// The keys of a tenant that say what happens to requests without a script: routes, header edits,
// access by address, error pages. Checks that need more than one key are in checks.ts.

import * as z from "zod";
import {
  choice,
  hostPattern,
  integer,
  listOf,
  mapping,
  milliseconds,
  network,
  text,
} from "../fields.ts";
import { headerValue, method, redirectTarget, routePath } from "./fields.ts";

const networks = () => z.array(network(), "a list of IP addresses or networks").default([]);

const access = mapping({
  allow: networks().describe("If there are any, only these clients are served."),
  deny: networks().describe("These clients are not served, whatever allow says."),
});

const edits = mapping({
  set: z.record(z.string(), text(), "a mapping").default({}).describe("Values by header name."),
  remove: z.array(text(), "a list of header names").default([]),
});

const headers = mapping({
  request: edits.prefault({}).describe("What upstreams get."),
  response: edits.prefault({}).describe("What clients get."),
});

const redirect = mapping({
  to: redirectTarget().describe(
    "May hold {host}, {hostport}, {target}, {path}, {query} and {rest}.",
  ),
  status: z.literal([301, 302, 303, 307, 308], "one of 301, 302, 303, 307, 308").default(302),
});

const answer = mapping({
  status: integer(200, 599),
  body: text().default(""),
  contentType: headerValue().default("text/plain; charset=utf-8"),
  headers: z.record(z.string(), text(), "a mapping").default({}),
});

const timeouts = mapping({
  connectMs: milliseconds().optional().describe("For name, connection and TLS."),
  firstByteMs: milliseconds()
    .optional()
    .describe("From the end of the request to the response's head."),
  betweenBytesMs: milliseconds().optional().describe("Between two reads of the response's body."),
  requestMs: milliseconds()
    .optional()
    .describe("From the choice of a peer to the end of the answer, retries and all."),
});

const requestLimit = mapping({
  requests: integer(1, 500_000).describe("In a window; the rest get 429 with Retry-After."),
  windowMs: milliseconds().default(1_000),
  algorithm: choice(["token-bucket", "sliding-window", "fixed-window"]).default("token-bucket"),
  burst: integer(1, 500_000)
    .optional()
    .describe("Of a token bucket: at once. Left out: as many as requests."),
  by: choice(["address", "everybody"])
    .default("address")
    .describe("address: of each client, a /64 of IPv6; everybody: of all together."),
});

const route = mapping({
  path: routePath().optional().describe("This path and all below it."),
  exact: routePath().optional().describe("This path alone."),
  host: hostPattern().optional().describe("One of the tenant's hosts; left out: all."),
  methods: listOf(method(), "a list of methods").optional().describe("Left out: all."),
  upstream: text().optional().describe("The group of peers to forward to."),
  redirect: redirect.optional().describe("Sends the client elsewhere; no script runs."),
  answer: answer.optional().describe("A fixed answer; no script runs."),
  stripPrefix: z.boolean("true or false").default(false).describe("Forward without the path."),
  rewrite: mapping({ prefix: routePath() })
    .optional()
    .describe("Forward with this in place of the path."),
  rewriteLocation: z
    .boolean("true or false")
    .optional()
    .describe("As the tenant's key; left out: as for the tenant."),
  rewriteCookies: z
    .boolean("true or false")
    .optional()
    .describe("As the tenant's key; left out: as for the tenant."),
  timeouts: timeouts.optional().describe("In place of those of the group."),
  headers: headers.prefault({}).describe("After the tenant's."),
  access: access.prefault({}).describe("Besides the tenant's."),
  requestLimit: requestLimit.optional().describe("Besides the tenant's."),
});

const errorPage = mapping({
  file: text().optional().describe("Relative to this file."),
  body: text().optional(),
  contentType: headerValue().default("text/html; charset=utf-8"),
});

const https = mapping({
  redirect: z
    .boolean("true or false")
    .default(false)
    .describe("Requests in the clear are sent to the same place at https://, with 308."),
  port: integer(1, 65_535).default(443).describe("Of https://, for the redirect."),
  hsts: mapping({
    maxAgeSeconds: integer(0, 63_072_000).default(31_536_000),
    includeSubDomains: z.boolean("true or false").default(false),
    preload: z.boolean("true or false").default(false),
  })
    .optional()
    .describe("Strict-Transport-Security in every answer over TLS; left out: the origin's own."),
});

/** Part of a tenant's mapping. */
export const policyKeys = {
  https: https.prefault({}).describe("How clients come to https://, and stay there."),
  routes: z.array(route, "a list of routes").default([]),
  headers: headers.prefault({}),
  rewriteLocation: z
    .boolean("true or false")
    .default(false)
    .describe("Location of an origin's answers leads to this proxy again."),
  rewriteCookies: z
    .boolean("true or false")
    .default(false)
    .describe("Cookies that an origin sets lose their Domain: they are this host's."),
  access: access.prefault({}),
  requestLimit: requestLimit.optional().describe("How often clients may ask; left out: any."),
  errorPages: z
    .record(z.string(), errorPage, "a mapping")
    .meta({ propertyNames: { pattern: "^[45](?:[0-9]{2}|xx)$" } })
    .default({})
    .describe("Pages for the proxy's own errors, by status: 502, or 5xx."),
};

const policy = mapping(policyKeys);
export type PolicyFile = z.output<typeof policy>;
export type RouteFile = z.output<typeof route>;

// The keys of sluice.yaml, their kinds and their defaults. The check, the defaults and the JSON
// Schema for editors are all made from this file. Checks that need more than one key are in
// checks.ts.

import * as z from "zod";
import { acme } from "./acme-schema.ts";
import { limits, listener, overload } from "./clients-schema.ts";
import { compression } from "./compression-schema.ts";
import {
  checked,
  choice,
  destination,
  ENV_NAME,
  groupName,
  hostPattern,
  integer,
  listenAddress,
  listOf,
  mapping,
  milliseconds,
  named,
  network,
  storeAddress,
  text,
  upgradeName,
} from "./fields.ts";
import { limitCaps, tenantLimits } from "./limits-schema.ts";
import { log } from "./log-schema.ts";
import { node } from "./node-schema.ts";
import { policyKeys } from "./policy/schema.ts";
import { adminTls, clientCertificates } from "./tls-schema.ts";
import { tracing } from "./tracing-schema.ts";
import { upstream } from "./upstream/schema.ts";

/** Where the keys are if the file does not say. */
export const SECRETS_KEY_ENV = "SLUICE_SECRETS_KEY";

const rollback = mapping({
  automatic: z
    .boolean()
    .default(true)
    .describe("Takes a new version back that fails more often than the old one."),
  windowMs: milliseconds().default(60_000).describe("Over which failures are compared."),
  minRequests: integer(1, 1_000_000).default(20).describe("Fewer of the new version say nothing."),
  errorPercent: integer(1, 100)
    .default(5)
    .describe("Percentage points more of script errors, or of answers from 500 on."),
});

const breaker = mapping({
  failurePercent: integer(1, 100).default(90).describe("Of the last requests of one worker."),
  minRequests: integer(1, 1_000_000).default(50).describe("Fewer say nothing."),
  openMs: milliseconds().default(5_000).describe("Until a probe; each time it fails, doubled."),
});

const isolation = choice(["inline", "process"]).describe(
  "inline: in the worker, for scripts that are trusted; process: in a cell.",
);

const tenantKeys = {
  hosts: listOf(hostPattern(), "a list of host names").describe(
    "Exact names, *.name for all below it, * for any other.",
  ),
  isolation: isolation.default("inline"),
  isolationGroup: groupName()
    .default("default")
    .describe("Tenants share cells within their group alone; for process isolation."),
  onScriptError: choice(["fail-closed", "fail-open"])
    .default("fail-closed")
    .describe("fail-closed: answer 500; fail-open: go on without the hook."),
  env: z
    .record(z.string(), text(), "a mapping")
    .default({})
    .describe("What the script sees as env."),
  limits: tenantLimits().prefault({}),
  maxRetries: integer(0, 16).default(1).describe("Retries of one request, the first try apart."),
  requestsAtOnce: integer(1, 1_000_000)
    .default(20_000)
    .describe("Requests under way at a time, WebSockets among them, of one worker."),
  compression: compression
    .optional()
    .describe("Answers are compressed for clients that accept it. Left out: as origins send them."),
  upgrades: z
    .array(upgradeName(), "a list of protocols")
    .default(["websocket"])
    .describe("Protocols that clients may switch to, such as websocket, tcp or SPDY/3.1."),
  abortOnHalfClose: z
    .boolean("true or false")
    .default(false)
    .describe(
      "A client that closes its half while it is answered has left: the upstream is let go.",
    ),
  rollback: rollback.prefault({}).describe("Of a new version that fails."),
  breaker: breaker.prefault({}).describe("Stops a script that keeps failing for a while."),
  clientCertificates: clientCertificates
    .optional()
    .describe(
      "TLS clients of this tenant's hosts show a certificate. Left out: none is asked for.",
    ),
  acme: z
    .boolean("true or false")
    .default(true)
    .describe("Certificates for its hosts are ordered, if acme says from whom."),
  egress: z
    .array(destination(), "a list of IP addresses or networks")
    .default([])
    .describe("What peers that a script returns may be, beyond public addresses."),
  upstreams: named(upstream).describe("Groups of peers by name."),
  defaultUpstream: text().optional().describe("The group for requests whose script names none."),
  ...policyKeys,
};

const tenant = mapping({
  ...tenantKeys,
  script: text().optional().describe("A phase script, relative to this file."),
});

/** A tenant made through the admin API, its isolation filled in: its script is uploaded. */
export const TENANT_SETTINGS = mapping({ ...tenantKeys, isolation });

const { onScriptError, env, egress, upstreams } = tenantKeys;

/** What a tenant's script has, without what makes it a tenant. */
const operator = mapping({
  script: text().optional().describe("A phase script, relative to this file."),
  isolation: isolation.default("inline"),
  onScriptError,
  env,
  limits: tenantLimits().prefault({}),
  rollback: rollback.prefault({}).describe("Of a new version that fails."),
  breaker: breaker.prefault({}).describe("Stops a script that keeps failing for a while."),
  egress,
  upstreams: upstreams.describe("Groups of peers by name, for its fetch and its upstreamPeer."),
});

const timeouts = mapping({
  handshakeMs: milliseconds().default(10_000).describe("For a client's TLS handshake."),
  headMs: milliseconds().default(10_000).describe("For a request's head to arrive."),
  bodyIdleMs: milliseconds().default(30_000).describe("Between two reads of a request's body."),
  keepAliveMs: milliseconds()
    .default(75_000)
    .describe("For the next request of a connection: longer than a balancer in front keeps one."),
  clientWriteMs: milliseconds().default(30_000).describe("For a client to take what we send."),
  shutdownMs: milliseconds().default(30_000).describe("For requests under way when we stop."),
  drainMs: milliseconds()
    .default(60_000)
    .describe("For requests and WebSockets under way after a reload or handover."),
  prepareMs: milliseconds()
    .default(30_000)
    .describe("For every worker to be ready for a reload or deployment."),
});

const cells = mapping({
  sandbox: choice(["auto", "required", "off"])
    .default("auto")
    .describe("auto: what this machine has; required: all of it, or no cell starts."),
  memoryMiB: integer(256, 1_048_576).default(1_536).describe("Of one cell; more ends it."),
});

const adminHost = () =>
  checked({
    expected: "a host name without a port",
    pattern: HOST_NAME,
    isValid: (value) => HOST_NAME.test(value),
  });

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

const admin = mapping({
  address: listenAddress().default("127.0.0.1:9090"),
  tokenEnv: checked({
    expected: "the name of an environment variable",
    pattern: ENV_NAME,
    isValid: (value) => ENV_NAME.test(value),
  })
    .default("SLUICE_ADMIN_TOKEN")
    .describe("The environment variable with the operator's token."),
  hosts: listOf(adminHost(), "a list of host names")
    .default([])
    .describe("Names by which browsers may open the dashboard, besides addresses and localhost."),
  tls: adminTls.optional().describe("Callers speak TLS. Left out: HTTP in the clear."),
});

const secrets = mapping({
  keyFile: text().optional().describe("File with the keys, relative to this file."),
  keyEnv: text()
    .optional()
    .describe(`Environment variable with the keys; left out: ${SECRETS_KEY_ENV}, if it is set.`),
});

export const CONFIG_SCHEMA = mapping({
  listeners: listOf(listener, "a list of listeners").default([{ address: "127.0.0.1:8080" }]),
  admin: admin.prefault({}).describe("Health, metrics and the admin API."),
  store: storeAddress()
    .optional()
    .describe(
      "sqlite:PATH, relative to this file (default: ./data/sluice.db), memory or none; or " +
        "postgres://USER@HOST/DATABASE, for several machines (sluice store migrate).",
    ),
  node: node.prefault({}).describe("This proxy, among several that share a store."),
  secrets: secrets.prefault({}).describe("Keys that tenants' secrets are encrypted with."),
  acme: acme
    .optional()
    .describe("Orders certificates for the hosts of tenants. Left out: nobody does."),
  workers: z
    .union([z.literal("auto"), integer(1, 256)], "auto or an integer from 1 to 256")
    .default("auto")
    .describe("Worker threads; auto: one a core."),
  log: log.prefault({}),
  tracing: tracing
    .optional()
    .describe(
      "Traces of requests, for OpenTelemetry. Left out: none, unless its variables say so.",
    ),
  trustedProxies: z
    .array(network(), "a list of IP addresses or networks")
    .default([])
    .describe("Proxies whose X-Forwarded-For and X-Request-Id are believed."),
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  overload: overload.prefault({}).describe("Over these, a share of requests gets 503."),
  cells: cells.prefault({}).describe("Processes that run scripts with isolation: process."),
  caps: limitCaps().prefault({}).describe("The most that any tenant's limits may be."),
  operator: operator
    .optional()
    .describe("A script around those of all tenants; left out: there is none, from nowhere."),
  tenants: named(tenant).describe("Owners of host names and scripts, by name."),
});

/** A file that passed the schema, defaults filled in. */
export type ConfigFile = z.output<typeof CONFIG_SCHEMA>;
export type TenantFile = z.output<typeof tenant>;
export type OperatorFile = z.output<typeof operator>;

// What tenants use: for bills, and for whoever wonders where the time goes.

import * as z from "zod";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { mapping } from "../../base/config/fields.ts";
import type { Usage } from "../../observe/usage.ts";
import { NoTenant } from "./no-tenant.ts";
import {
  ASKED,
  gather,
  LISTED,
  NO_PROXY,
  OF_NODES,
  type OtherParts,
  whichNodes,
  whichOrEachNode,
} from "./of-nodes.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import { earliest, total } from "./summed.ts";

export interface TenantUsage extends Usage {
  readonly tenant: string;
}

/** Of one proxy, since its process began: every tenant that serves, used or not. */
interface Part {
  readonly since: string;
  readonly tenants: readonly TenantUsage[];
}

export interface UsageParts {
  usage(): Promise<Part>;
}

const SINCE = z.string().describe("Start of the process; figures begin anew with it.");
const USAGE = {
  requests: z.number(),
  errors: z.number().describe("Requests whose answer was a 5xx, or that got none."),
  bytesReceived: z.number().describe("Of request bodies."),
  bytesSent: z.number().describe("Of response bodies."),
  scriptMs: z.number().describe("Time in turns of its script; in a cell with the way there."),
  hostCalls: z.number().describe("What its script asked of the host: timers, bodies."),
  logBytes: z.number().describe("What its script wrote into the log."),
};

const OWN = z.object({ since: SINCE, ...USAGE, nodes: LISTED });
const PART = {
  since: SINCE,
  tenants: z.array(z.object({ tenant: z.string(), ...USAGE })).readonly(),
};
const BUSIEST = `At most ${CLUSTER_LIMITS.usageTenants} tenants, the most requests first.`;
const ALL = z.object({
  ...PART,
  nodes: z
    .array(
      ASKED.extend({
        since: PART.since.optional(),
        tenants: PART.tenants.optional().describe(`With nodes=each: of this one. ${BUSIEST}`),
      }),
    )
    .optional()
    .describe("With nodes=all and nodes=each: whose figures are in the sums."),
});

type Own = z.output<typeof OWN>;

const QUERY = mapping({ nodes: whichNodes() });

export const usageRoutes = (parts: UsageParts & OtherParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/usage",
    access: "reader",
    summary: "Requests, bytes, script time and host calls of a tenant",
    params: mapping({ tenant: name() }),
    query: QUERY,
    body: NO_BODY,
    answers: { 200: json("Of all workers together.", OWN) },
    problems: OF_NODES,
  }).handle(async ({ params: { tenant }, query: { nodes }, headers, caller }) => {
    const wanted = { nodes, headers, caller, path: `/v1/tenants/${tenant}/usage`, schema: OWN };
    const own = () => usageOf(parts, tenant);
    const { values, listed } = await gather(parts.others, wanted, own);
    const sum = { since: earliest(values.map(({ since }) => since)), ...sumOf(values) };
    return { status: 200, body: { ...sum, ...listed } };
  }),

  route({
    method: "GET",
    path: "/v1/usage",
    access: "machine",
    summary: "The same of every tenant that serves, the most script time first",
    params: NOTHING,
    query: mapping({ nodes: whichOrEachNode() }),
    body: NO_BODY,
    answers: { 200: json("Of all workers together.", ALL) },
    problems: { ...OF_NODES, ...NO_PROXY },
  }).handle(async ({ query: { nodes }, headers, caller }) => {
    const wanted = { nodes, headers, caller, path: "/v1/usage", schema: ALL };
    const gathered = await gather(parts.others, wanted, () => parts.usage());
    const { values } = gathered;
    const sum = {
      since: earliest(values.map(({ since }) => since)),
      tenants: sorted(sumsByTenant(values)),
    };
    const { nodes: listed } = gathered.listed;
    if (listed === undefined) return { status: 200, body: sum };
    const byId = new Map(gathered.parts.map(({ id, value }) => [id, value]));
    const withParts = listed.map((node) => {
      const part = nodes === "each" ? byId.get(node.id) : undefined;
      return part === undefined ? node : { ...node, ...partOf(part) };
    });
    return { status: 200, body: { ...sum, nodes: withParts } };
  }),
];

async function usageOf({ usage }: UsageParts, name: string): Promise<Own> {
  const { since, tenants } = await usage();
  const found = tenants.find(({ tenant }) => tenant === name);
  if (found === undefined) throw new NoTenant(name);
  const { tenant: _, ...own } = found;
  return { since, ...own };
}

/** A hundred of them are one answer. */
function partOf({ since, tenants }: Part) {
  const busiest = tenants.toSorted((one, two) => two.requests - one.requests);
  return { since, tenants: busiest.slice(0, CLUSTER_LIMITS.usageTenants) };
}

const sorted = (all: readonly TenantUsage[]): TenantUsage[] =>
  all.toSorted((one, two) => two.scriptMs - one.scriptMs);

/** By tenant, of those that any of them has. */
function sumsByTenant(all: readonly { readonly tenants: readonly TenantUsage[] }[]): TenantUsage[] {
  const byTenant = Map.groupBy(
    all.flatMap(({ tenants }) => tenants),
    ({ tenant }) => tenant,
  );
  return [...byTenant].map(([tenant, parts]) => ({ tenant, ...sumOf(parts) }));
}

function sumOf(all: readonly Usage[]): Usage {
  const sum = (of: (one: Usage) => number): number => total(all, of);
  return {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    bytesReceived: sum(({ bytesReceived }) => bytesReceived),
    bytesSent: sum(({ bytesSent }) => bytesSent),
    scriptMs: sum(({ scriptMs }) => scriptMs),
    hostCalls: sum(({ hostCalls }) => hostCalls),
    logBytes: sum(({ logBytes }) => logBytes),
  };
}

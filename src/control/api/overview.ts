// How the proxy does, on one screen: what is wrong first, then figures.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { version } from "../../base/version.ts";
import type { Overview } from "../../observe/overview.ts";
import { STARTED_AT_MS } from "../../observe/process-figures.ts";
import { NODE_STATES, type NodeState, stateOf } from "../nodes.ts";
import { type FaultParts, faultsOf, type SharedStore } from "./faults.ts";
import { gather, LISTED, NO_PROXY, OF_NODES, type OtherParts, whichNodes } from "./of-nodes.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, route } from "./route.ts";
import { statusOfNodes } from "./status-of-nodes.ts";

export interface OverviewParts extends FaultParts, OtherParts {
  /** Null: ready. Else why not, in words. */
  isReady(): string | null;
  overview(): Promise<Overview>;
  workers(): number;
}

const FAULT = z.object({
  severity: z.enum(["error", "warning"]).describe("error: requests fail for it."),
  tenant: z.string().nullable().describe("null: the whole proxy's."),
  text: z.string(),
  nodes: z
    .array(z.string())
    .readonly()
    .optional()
    .describe("With nodes=all: which proxies say so; left out: all of them."),
});

const STATUS = z.object({
  version: z.string(),
  node: z.string(),
  pid: z.int(),
  cluster: z
    .object({
      name: z.string().describe("Of this proxy."),
      staleSince: z
        .string()
        .nullable()
        .describe(
          "Since when nothing newer is known than what was copied last. null: all there is is.",
        ),
      nodes: z.record(z.enum(NODE_STATES), z.int()).describe("How many, by state."),
    })
    .nullable()
    .describe("null: the store is this proxy's alone."),
  startedAt: z.string(),
  ready: z.boolean(),
  workers: z.int(),
  tenants: z.int(),
  cells: z.int().describe("Processes that run scripts."),
  isolates: z.int().describe("In worker threads."),
  connections: z.int().describe("Of clients."),
  requestsActive: z.int(),
  faults: z.array(FAULT).readonly().describe("Errors first."),
  requests: z.number().describe("Since the start, as all that follows."),
  errors: z.number().describe("Requests whose answer was a 5xx, or that got none."),
  bytesReceived: z.number(),
  bytesSent: z.number(),
  scriptMs: z.number(),
  durations: z
    .object({ boundsMs: z.array(z.number()).readonly(), counts: z.array(z.number()).readonly() })
    .describe("Times of requests: how many took at most each bound; last, those beyond all."),
  nodes: LISTED,
});

type Status = z.output<typeof STATUS>;

function clusterOf(shared: SharedStore | null) {
  if (shared === null) return null;
  const { name, staleSinceMs, list } = shared;
  const states = list.nodes.map((node) => stateOf(node, list).state);
  const count = (wanted: NodeState): number => states.filter((state) => state === wanted).length;
  const [serving, behind, refused] = [count("serving"), count("behind"), count("refused")];
  const nodes = { serving, behind, refused, stale: count("stale"), unknown: count("unknown") };
  const staleSince = staleSinceMs === null ? null : new Date(staleSinceMs).toISOString();
  return { name, staleSince, nodes };
}

export const overviewRoutes = (parts: OverviewParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/status",
    access: "machine",
    summary: "What is wrong now, and how much is going on",
    params: NOTHING,
    query: mapping({ nodes: whichNodes() }),
    body: NO_BODY,
    answers: { 200: json("Of all workers together.", STATUS) },
    problems: { ...OF_NODES, ...NO_PROXY },
  }).handle(async ({ query: { nodes }, headers, caller }) => {
    const wanted = { nodes, headers, caller, path: "/v1/status", schema: STATUS };
    const { parts: all, listed } = await gather(parts.others, wanted, () => statusOf(parts));
    return { status: 200, body: { ...statusOfNodes(all), ...listed } };
  }),
];

async function statusOf(parts: OverviewParts): Promise<Status> {
  const overview = await parts.overview();
  const { totals, durations } = overview;
  const notReady = parts.isReady();
  return {
    version: version(),
    node: process.versions.node,
    pid: process.pid,
    cluster: clusterOf(parts.shared()),
    startedAt: new Date(STARTED_AT_MS).toISOString(),
    ready: notReady === null,
    workers: parts.workers(),
    tenants: parts.live.tenants().length,
    cells: overview.cells,
    isolates: overview.isolates,
    connections: overview.connections,
    requestsActive: overview.requestsActive,
    faults: await faultsOf(parts, overview, notReady),
    requests: totals.requests,
    errors: totals.errors,
    bytesReceived: totals.bytesReceived,
    bytesSent: totals.bytesSent,
    scriptMs: totals.scriptMs,
    durations,
  };
}

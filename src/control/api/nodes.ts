// The proxies that share the store: listed, and taken out of load balancers one at a time.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { NODE_STATES, type Node, type NodeList, stateOf } from "../nodes.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, type Caller, empty, json, NO_BODY, NOTHING, route } from "./route.ts";

type NodeParts = Pick<ApiParts, "nodes">;

const STATES =
  "stale: it has not reported for 10 s, and is not waited for. unknown: the store does not answer.";

export const NODE = z.object({
  id: z.string(),
  name: z.string().describe("Several may have one."),
  state: z.enum(NODE_STATES).describe(STATES),
  reason: z.string().describe("Why it refuses what is newest; empty: it does not."),
  revision: z.int().describe("Of the store, by which all of it is served there."),
});

const LISTED = NODE.extend({
  self: z.boolean().describe("It is the one that answers."),
  drained: z.boolean(),
  guardian: z.boolean().describe("It judges new versions, by the figures of all."),
  admin: z.string().describe("URL at which the others ask it; empty: they cannot."),
  version: z.string(),
  lag: z.int().describe("Changes that it does not serve yet."),
  silentMs: z.int().describe("Since it reported last."),
  startedAt: z.string(),
  requests: z.number().describe("Since its start, as errors."),
  errors: z.number().describe("Answered with a 5xx, or not at all."),
  requestsActive: z.int(),
  connections: z.int(),
});

const LIST = z.object({
  nodes: z.array(LISTED),
  newest: z.int().describe("Revision of the store."),
  asOf: z.string(),
  stale: z.boolean().describe("The store does not answer: this is what was known last."),
});

export const nodeRoutes = ({ nodes }: NodeParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/nodes",
    access: "machine",
    summary: "The proxies that share the store",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("By name.", LIST) },
    problems: { 404: "The store is this proxy's alone." },
  }).handle(async () => {
    const { id } = expectShared(nodes);
    const list = await expectShared(nodes).list();
    return {
      status: 200,
      body: {
        nodes: list.nodes.map((node) => listed(node, list, id)),
        newest: list.newest,
        asOf: new Date(list.asOfMs).toISOString(),
        stale: list.isStale,
      },
    };
  }),
  drainRoute(nodes, { path: "drain", isDrained: true }),
  drainRoute(nodes, { path: "resume", isDrained: false }),
];

interface Draining {
  readonly path: "drain" | "resume";
  readonly isDrained: boolean;
}

const drainRoute = (nodes: NodeParts["nodes"], { path, isDrained }: Draining): AdminRoute =>
  route({
    method: "POST",
    path: `/v1/nodes/{node}/${path}`,
    access: "machine",
    summary: isDrained
      ? "Have load balancers take a proxy out: it says that it is not ready, and serves"
      : "Have load balancers take a proxy back",
    params: mapping({ node: z.string().regex(/^[0-9a-f-]{36}$/, "the id of a node") }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It says so within 3 s, also after a restart.") },
    problems: {
      404: "There is no such node, or the store is this proxy's alone.",
      503: "The store does not answer: nothing changed.",
    },
  }).handle(async ({ params, caller }) => {
    const audit = auditFor(caller, `node.${path}`, params.node);
    await expectShared(nodes).setDrained(params.node, isDrained, audit);
    return { status: 204 };
  });

const auditFor = (caller: Caller, action: string, target: string) =>
  auditOf(caller, action, { tenant: null, target, detail: {} });

function expectShared(nodes: NodeParts["nodes"]) {
  if (nodes !== null) return nodes;
  throw new ApiError(404, "The store is this proxy's alone: it shares no PostgreSQL with others.");
}

/** @param wanted  the revision that is asked about; left out: the newest */
export function toNode(node: Node, list: NodeList, wanted?: number): z.output<typeof NODE> {
  const { id, name, revision } = node;
  return { id, name, ...stateOf(node, list, wanted), revision };
}

function listed(node: Node, list: NodeList, self: string): z.output<typeof LISTED> {
  const { version, silentMs, startedAtMs, isDrained, isGuardian, address, figures } = node;
  return {
    ...toNode(node, list),
    self: node.id === self,
    drained: isDrained,
    guardian: isGuardian,
    admin: address,
    version,
    lag: Math.max(0, list.newest - node.revision),
    silentMs,
    startedAt: new Date(startedAtMs).toISOString(),
    ...figures,
  };
}

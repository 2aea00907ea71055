// Requests of a tenant that were kept: those that failed and the slow ones, with their timings.

import * as z from "zod";
import { integer, mapping, text } from "../../base/config/fields.ts";
import type { KeptRequest } from "../../observe/kept-requests.ts";
import { SPAN_KINDS, type Span } from "../../observe/spans.ts";
import type { CapturesAccess } from "../captures-access.ts";
import type { Live } from "../live.ts";
import { findAmong } from "./find-among.ts";
import { gather, LISTED, OF_NODES, type OtherParts, whichNodes } from "./of-nodes.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, type Caller, json, NO_BODY, name, route } from "./route.ts";
import { expectServed } from "./served.ts";

/** The fleet implements it. */
export interface KeptAccess {
  /** Of all workers, the newest first. */
  of(tenant: string): Promise<readonly KeptRequest[]>;
  /** By its id or its trace's. @param tenant  null: whosever it is */
  find(tenant: string | null, id: string): Promise<KeptRequest | null>;
}

export interface RequestParts extends OtherParts {
  readonly kept: KeptAccess;
}

/** Null: nothing is captured, for want of a store. */
type Captured = Pick<CapturesAccess, "list"> | null;

const ID_CHARS_MAX = 256;
const LIMIT_MAX = 500;

const SPAN = z.object({
  kind: z.enum(SPAN_KINDS),
  name: z.string(),
  startMs: z.number().describe("Since its head was complete."),
  endMs: z.number(),
  detail: z.string(),
});

const REQUEST = {
  id: z.string(),
  startMs: z.number().describe("Milliseconds since 1970."),
  durationMs: z.number(),
  line: z.record(z.string(), z.unknown()).describe("As the log has it."),
  node: z
    .string()
    .optional()
    .describe("Of several proxies: which one has kept it; this one need not say so."),
};

const LIST = z.object({ requests: z.array(z.object(REQUEST)).readonly(), nodes: LISTED });

const FOUND = z.object({
  ...REQUEST,
  spans: z.array(SPAN).readonly(),
  capture: z.string().nullable().describe("By which it can be replayed here; null: by none."),
});

const OWNER = z.object({ tenant: z.string(), id: z.string() });

const OF_ALL = mapping({ nodes: whichNodes() });

export const requestRoutes = (
  parts: RequestParts,
  live: Pick<Live, "tenants">,
  captured: Captured,
): readonly AdminRoute[] => [
  ownerRoute(parts, live),
  listRoute(parts, live),
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/requests/{id}",
    access: "reader",
    summary: "Where the time of a request went, if it is kept; by its id or that of its trace",
    params: mapping({ tenant: name(), id: text().max(ID_CHARS_MAX) }),
    query: OF_ALL,
    body: NO_BODY,
    answers: {
      200: json(
        "Its line of the log; its hooks, waits and attempts in the order of their beginning.",
        FOUND,
      ),
    },
    problems: { ...OF_NODES, 404: "It is not kept, or not any more." },
  }).handle(async ({ params: { tenant, id }, query: { nodes }, headers, caller }) => {
    const { id: identity } = expectServed(live, tenant);
    const own = async () => {
      const found = await parts.kept.find(tenant, id);
      if (found === null) return null;
      const of = captured?.list(identity).find(({ requestId }) => requestId === found.id);
      return { ...shown(found), spans: spansFor(caller, found.spans), capture: of?.id ?? null };
    };
    const path = `/v1/tenants/${tenant}/requests/${encodeURIComponent(id)}`;
    const wanted = { nodes, headers, caller, path, schema: FOUND };
    const { found, silent } = await findAmong(parts.others, wanted, own);
    if (found === null) throw notKept(silent);
    const { name: node, value } = found;
    // what the other one has captured is replayed there
    return { status: 200, body: node === "" ? value : { ...value, node, capture: null } };
  }),
];

const listRoute = ({ kept, others }: RequestParts, live: Pick<Live, "tenants">): AdminRoute =>
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/requests",
    access: "reader",
    summary: "Its requests that failed or were slow, the newest first",
    params: mapping({ tenant: name() }),
    query: mapping({ limit: integer(1, LIMIT_MAX).default(50), nodes: whichNodes() }),
    body: NO_BODY,
    answers: { 200: json("As many as `log.keep` says, of each worker.", LIST) },
    problems: OF_NODES,
  }).handle(async ({ params: { tenant }, query: { limit, nodes }, headers, caller }) => {
    expectServed(live, tenant);
    const path = `/v1/tenants/${tenant}/requests?limit=${limit}`;
    const wanted = { nodes, headers, caller, path, schema: LIST };
    const { parts, listed } = await gather(others, wanted, async () => {
      return { requests: (await kept.of(tenant)).slice(0, limit).map(shown) };
    });
    const requests = parts
      .flatMap(({ name: node, value }) =>
        value.requests.map((one) => (node === "" ? one : { ...one, node })),
      )
      .sort((one, two) => two.startMs - one.startMs);
    return { status: 200, body: { requests: requests.slice(0, limit), ...listed } };
  });

const ownerRoute = ({ kept, others }: RequestParts, live: Pick<Live, "tenants">): AdminRoute =>
  route({
    method: "GET",
    path: "/v1/requests/{id}",
    access: "reader",
    summary: "Whose a request is that is kept; by its id or that of its trace",
    params: mapping({ id: text().max(ID_CHARS_MAX) }),
    query: OF_ALL,
    body: NO_BODY,
    answers: { 200: json("Where it is to be had.", OWNER) },
    problems: { ...OF_NODES, 404: "It is not kept, or not any more." },
  }).handle(async ({ params: { id }, query: { nodes }, headers, caller }) => {
    const own = async () => {
      const found = await kept.find(null, id);
      return found === null ? null : { tenant: found.tenant, id: found.id };
    };
    const path = `/v1/requests/${encodeURIComponent(id)}`;
    const wanted = { nodes, headers, caller, path, schema: OWNER };
    const { found, silent } = await findAmong(others, wanted, own);
    if (found === null) throw notKept(silent);
    expectServed(live, found.value.tenant);
    return { status: 200, body: found.value };
  });

/** @param silent  proxies that may have kept it, and do not answer */
const notKept = (silent: readonly string[]): ApiError => {
  const unknown = silent.length === 0 ? "" : `; without an answer of ${silent.join(", ")}`;
  return new ApiError(404, `This request is not kept, or not any more${unknown}.`);
};

/** What the operator's script does is no business of a tenant's. */
const spansFor = ({ role }: Caller, spans: readonly Span[]) =>
  spans
    .filter(({ isOuter }) => !isOuter || role === "operator")
    .map(({ isOuter: _, ...span }) => span);

const shown = ({ id, startMs, durationMs, line }: KeptRequest) => {
  return { id, startMs, durationMs, line: JSON.parse(line) };
};

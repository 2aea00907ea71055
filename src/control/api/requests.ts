// Requests of a tenant that were kept: those that failed and the slow ones, with their timings.

import * as z from "zod";
import { integer, mapping, text } from "../../base/config/fields.ts";
import type { KeptRequest } from "../../observe/kept-requests.ts";
import { SPAN_KINDS, type Span } from "../../observe/spans.ts";
import type { CapturesAccess } from "../captures-access.ts";
import type { Live } from "../live.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, type Caller, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import { expectServed } from "./served.ts";

/** The fleet implements it. */
export interface KeptAccess {
  /** Of all workers, the newest first. */
  of(tenant: string): Promise<readonly KeptRequest[]>;
  /** By its id or its trace's. @param tenant  null: whosever it is */
  find(tenant: string | null, id: string): Promise<KeptRequest | null>;
}

export interface RequestParts {
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
};

export const requestRoutes = (
  { kept }: RequestParts,
  live: Pick<Live, "tenants">,
  captured: Captured,
): readonly AdminRoute[] => [
  ownerRoute({ kept }, live),
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/requests",
    access: "reader",
    summary: "Its requests that failed or were slow, the newest first",
    params: mapping({ tenant: name() }),
    query: mapping({ limit: integer(1, LIMIT_MAX).default(50) }),
    body: NO_BODY,
    answers: {
      200: json(
        "As many as `log.keep` says, of each worker.",
        z.object({ requests: z.array(z.object(REQUEST)) }),
      ),
    },
  }).handle(async ({ params, query }) => {
    expectServed(live, params.tenant);
    const all = await kept.of(params.tenant);
    return { status: 200, body: { requests: all.slice(0, query.limit).map(shown) } };
  }),

  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/requests/{id}",
    access: "reader",
    summary: "Where the time of a request went, if it is kept; by its id or that of its trace",
    params: mapping({ tenant: name(), id: text().max(ID_CHARS_MAX) }),
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json(
        "Its line of the log; its hooks, waits and attempts in the order of their beginning.",
        z.object({
          ...REQUEST,
          spans: z.array(SPAN),
          capture: z.string().nullable().describe("By which it can be replayed; null: by none."),
        }),
      ),
    },
    problems: { 404: "It is not kept, or not any more." },
  }).handle(async ({ params, caller }) => {
    const { id } = expectServed(live, params.tenant);
    const found = await kept.find(params.tenant, params.id);
    if (found === null) throw notKept();
    const capture = captured?.list(id).find(({ requestId }) => requestId === found.id)?.id ?? null;
    return {
      status: 200,
      body: { ...shown(found), spans: spansFor(caller, found.spans), capture },
    };
  }),
];

const ownerRoute = ({ kept }: RequestParts, live: Pick<Live, "tenants">): AdminRoute =>
  route({
    method: "GET",
    path: "/v1/requests/{id}",
    access: "reader",
    summary: "Whose a request is that is kept; by its id or that of its trace",
    params: mapping({ id: text().max(ID_CHARS_MAX) }),
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json("Where it is to be had.", z.object({ tenant: z.string(), id: z.string() })),
    },
    problems: { 404: "It is not kept, or not any more." },
  }).handle(async ({ params }) => {
    const found = await kept.find(null, params.id);
    if (found === null) throw notKept();
    expectServed(live, found.tenant);
    return { status: 200, body: { tenant: found.tenant, id: found.id } };
  });

const notKept = (): ApiError => new ApiError(404, "This request is not kept, or not any more.");

/** What the operator's script does is no business of a tenant's. */
const spansFor = ({ role }: Caller, spans: readonly Span[]) =>
  spans
    .filter(({ isOuter }) => !isOuter || role === "operator")
    .map(({ isOuter: _, ...span }) => span);

const shown = ({ id, startMs, durationMs, line }: KeptRequest) => {
  return { id, startMs, durationMs, line: JSON.parse(line) };
};

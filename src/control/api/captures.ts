// Requests of a tenant that are captured, whole, for a while: which, what was kept, and how a
// version of its script answers them.

import * as z from "zod";
import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import { choice, integer, mapping, text } from "../../base/config/fields.ts";
import { OPERATOR } from "../../base/config/operator.ts";
import { COMPARED } from "../../observe/capture/record.ts";
import type { CaptureRule, CaptureSummary } from "../captures-access.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import { expectServed } from "./served.ts";

export type CaptureParts = Pick<ApiParts, "store" | "live" | "captures">;

const FIELD = z.string().regex(/^[!#$%&'*+.^_`|~\w-]{1,100}$/, "the name of a header field");
const FIELDS = z.array(FIELD).max(32).default([]);
const STATUS = z.string().regex(/^(?:[1-5]\d\d|[1-5]xx|error)$/, "404, 5xx or error");
const ID = text().max(64);
/** Of a request: a trusted proxy may have given it. */
const REQUEST_ID = text().max(256);

const RULE_BODY = mapping({
  path: z.string().max(1_000).default("").describe("The target begins with it."),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,20}$/, "a method such as GET"))
    .max(16)
    .default([]),
  statuses: z.array(STATUS).max(16).default([]).describe("Requests that ended in one of these."),
  count: integer(1, CAPTURE_LIMITS.ofRule).default(100).describe("Requests that it keeps."),
  ttlMs: integer(1_000, CAPTURE_LIMITS.ttlMsMax)
    .default(CAPTURE_LIMITS.ttlMs)
    .describe("Time after which it is gone, with all that it kept."),
  keepsLogins: z
    .boolean()
    .default(false)
    .describe("Authorization, cookies and keys are kept too: for scripts that look at them."),
  redacts: FIELDS.describe("Header fields whose values are not kept, besides logins."),
  compares: z
    .array(choice(COMPARED))
    .default([...COMPARED])
    .describe("What a replay compares: where it is sent, what is sent there, and the answer."),
  ignores: FIELDS.describe("Header fields that it does not compare."),
});

const RULE = z.object({
  id: z.string(),
  path: z.string(),
  methods: z.array(z.string()),
  statuses: z.array(z.string()),
  count: z.int(),
  ttlMs: z.int(),
  keepsLogins: z.boolean(),
  redacts: z.array(z.string()),
  compares: z.array(z.enum(COMPARED)),
  ignores: z.array(z.string()),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  kept: z.int(),
  dropped: z.int().describe("Too large, or there was no room."),
});

const SUMMARY = {
  id: z.string(),
  rule: z.string(),
  requestId: z.string(),
  atMs: z.number(),
  method: z.string(),
  target: z.string(),
  status: z.int().describe("0: the client got nothing."),
  error: z.string().nullable(),
  deployment: z.string().describe("The version that served it, as the log names it."),
  gap: z.string().nullable().describe("What it lacks to be replayed; null: nothing."),
};

const OF_TENANT = mapping({ tenant: name() });
const RULES = "/v1/tenants/{tenant}/capture-rules";
const CAPTURES = "/v1/tenants/{tenant}/captures";

export const captureRoutes = (parts: CaptureParts): readonly AdminRoute[] => [
  ...ruleRoutes(parts),
  ...keptRoutes(parts),
];

const ruleRoutes = ({ store, live, captures }: CaptureParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: RULES,
    access: "deployer",
    summary: "Its rules: which of its requests are captured",
    params: OF_TENANT,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("Those that have not expired.", z.object({ rules: z.array(RULE) })) },
  }).handle(({ params }) => {
    const { id } = expectServed(live, params.tenant);
    return { status: 200, body: { rules: captures.rules(id).map(ruleOf) } };
  }),

  route({
    method: "POST",
    path: RULES,
    access: "deployer",
    summary: "Capture requests of this tenant from now on",
    description:
      "They are kept in the memory of this process, sealed, until the rule expires, is deleted, " +
      "or the process ends. Requests behind an operator's script are not captured: what that " +
      "adds is not the tenant's to see.",
    params: OF_TENANT,
    query: NOTHING,
    body: RULE_BODY,
    answers: { 201: json("Every worker knows it.", RULE) },
    problems: {
      409: "The tenant has as many rules as it may have, or an operator's script is around it.",
    },
  }).handle(async ({ params: { tenant }, body, caller }) => {
    const { id } = expectServed(live, tenant);
    if (hasLayer(live)) throw new ApiError(409, BEHIND_LAYER);
    const lower = (names: readonly string[]) => names.map((one) => one.toLowerCase());
    const spec = { ...body, redacts: lower(body.redacts), ignores: lower(body.ignores) };
    const rule = await captures.addRule(id, spec);
    if (rule === null) {
      const most = `at most ${CAPTURE_LIMITS.rules} rules at a time`;
      throw new ApiError(409, `Cannot capture: expected ${most}, got one more.`);
    }
    const target = `capture rule ${rule.id}`;
    const { path, statuses, count, ttlMs, keepsLogins } = spec;
    const detail = { path, statuses, count, ttlMs, keepsLogins };
    await store.addAudit(auditOf(caller, "capture.rule.create", { tenant, target, detail }));
    return { status: 201, body: ruleOf(rule) };
  }),

  route({
    method: "DELETE",
    path: `${RULES}/{rule}`,
    access: "deployer",
    summary: "Capture no more by this rule, and forget what it kept",
    params: mapping({ tenant: name(), rule: ID }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("Nothing of it is left.") },
    problems: { 404: "There is no such tenant or rule." },
  }).handle(async ({ params: { tenant, rule }, caller }) => {
    const { id } = expectServed(live, tenant);
    if (!(await captures.removeRule(id, rule))) throw noSuch("rule");
    const entry = { tenant, target: `capture rule ${rule}`, detail: {} };
    await store.addAudit(auditOf(caller, "capture.rule.delete", entry));
    return { status: 204 };
  }),
];

/** What a record would have of it is not the tenant's to see, and a replay would be without it. */
const hasLayer = (live: CaptureParts["live"]): boolean =>
  live
    .tenants()
    .some(({ config, scripts }) => config.name === OPERATOR && scripts.versions.length > 0);

const BEHIND_LAYER =
  "Cannot capture: expected requests that no operator's script is around, got a proxy with one.";

const keptRoutes = ({ store, live, captures }: CaptureParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: CAPTURES,
    access: "deployer",
    summary: "Its requests that were captured, the newest first",
    params: OF_TENANT,
    query: mapping({
      limit: integer(1, CAPTURE_LIMITS.ofRule).default(100),
      request: REQUEST_ID.optional().describe("Those of the request with this id alone."),
    }),
    body: NO_BODY,
    answers: {
      200: json("Of all rules.", z.object({ captures: z.array(z.object(SUMMARY)) })),
    },
  }).handle(({ params, query }) => {
    const { id } = expectServed(live, params.tenant);
    const { limit, request } = query;
    const all = captures.list(id);
    const found =
      request === undefined ? all : all.filter(({ requestId }) => requestId === request);
    return { status: 200, body: { captures: found.slice(0, limit).map(shown) } };
  }),

  route({
    method: "GET",
    path: `${CAPTURES}/{id}`,
    access: "deployer",
    summary: "One of them as it was, without logins",
    params: mapping({ tenant: name(), id: ID }),
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json(
        "The request, what was sent to upstreams and came back, and what the client got.",
        z.object({ id: z.string() }).catchall(z.unknown()),
      ),
    },
    problems: { 404: "There is no such tenant or capture, or it has expired." },
  }).handle(async ({ params: { tenant, id }, caller }) => {
    const found = captures.read(expectServed(live, tenant).id, id);
    if (found === null) throw noSuch("capture");
    const entry = { tenant, target: `capture ${id}`, detail: { request: found.id } };
    await store.addAudit(auditOf(caller, "capture.read", entry));
    // what calls have learnt is for a replay alone
    const { calls: _, id: requestId, ...rest } = found;
    return { status: 200, body: { id, requestId, ...rest } };
  }),

  route({
    method: "DELETE",
    path: `${CAPTURES}/{id}`,
    access: "deployer",
    summary: "Forget one of them",
    params: mapping({ tenant: name(), id: ID }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("Nothing of it is left.") },
    problems: { 404: "There is no such tenant or capture, or it has expired." },
  }).handle(({ params: { tenant, id } }) => {
    if (!captures.remove(expectServed(live, tenant).id, id)) throw noSuch("capture");
    return { status: 204 };
  }),
];

const noSuch = (what: string): ApiError =>
  new ApiError(404, `There is no such ${what}, or it has expired.`);

const ruleOf = (rule: CaptureRule) => ({
  ...rule,
  methods: [...rule.methods],
  statuses: [...rule.statuses],
  redacts: [...rule.redacts],
  compares: [...rule.compares],
  ignores: [...rule.ignores],
});

const shown = (summary: CaptureSummary) => ({ ...summary });

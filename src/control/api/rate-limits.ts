// Rate limits of a tenant: reads what they have decided and how a key stands, and resets them.

import * as z from "zod";
import { checked, mapping } from "../../base/config/fields.ts";
import { expectTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, owner, route } from "./route.ts";
import { listingRoute } from "./setting-routes.ts";

type Parts = Pick<ApiParts, "store" | "file" | "rateLimits">;

const PATH = "/v1/tenants/{tenant}/rate-limits";
const SCRIPT_NAME = /^[!-~]{1,128}$/;
const KEY_CHARS_MAX = 4_096;

const LIMIT = z.object({
  name: z.string(),
  algorithm: z.enum(["fixed-window", "sliding-window", "token-bucket", "in-flight"]),
  scope: z
    .enum(["node", "cluster"])
    .describe("For whom it counts: this proxy, or all that share a PostgreSQL."),
  limit: z.int(),
  windowMs: z.int().describe("0 of in-flight limits."),
  burst: z.int().describe("Of a token bucket."),
  allowed: z.int().describe("By this proxy, since it started."),
  refused: z.int(),
  keys: z.int().describe("That count something now."),
  inFlight: z.int().describe("What requests under way hold now, of in-flight limits."),
});

const STANDING = z.object({
  name: z.string(),
  key: z.string(),
  allowed: z.boolean().describe("Whether it may take one more, here."),
  remaining: z.int(),
  retryAfterMs: z.int().describe("0 of in-flight limits: when a request ends is not known."),
});

export const rateLimitRoutes = (parts: Parts): readonly AdminRoute[] => [
  listingRoute(parts, {
    path: PATH,
    summary: "The rate limits and in-flight limits of a tenant, and what they have decided",
    description: "All.",
    schema: z.object({ rateLimits: z.array(LIMIT) }),
    read: async (_name, id) => ({ rateLimits: [...parts.rateLimits.of(id)] }),
  }),
  keyRoute(parts),
  resetRoute(parts),
];

const limitParams = () =>
  mapping({
    tenant: owner(),
    name: checked({
      expected: "1 to 128 printable ASCII characters",
      pattern: SCRIPT_NAME,
      isValid: (value) => SCRIPT_NAME.test(value),
    }),
  });

const key = () =>
  checked({
    expected: `a key of at most ${KEY_CHARS_MAX} characters`,
    pattern: /^.*$/s,
    isValid: (value) => value.length <= KEY_CHARS_MAX,
  });

const NO_LIMIT = { 404: "There is no such tenant or rate limit." };
const noLimit = (): ApiError => new ApiError(404, "There is no such rate limit.");

const keyRoute = ({ rateLimits, ...parts }: Parts): AdminRoute =>
  route({
    method: "GET",
    path: `${PATH}/{name}`,
    access: "reader",
    summary: "How a key of a rate limit stands",
    params: limitParams(),
    query: mapping({ key: key() }),
    body: NO_BODY,
    answers: { 200: json("As it is now; nothing is taken.", STANDING) },
    problems: NO_LIMIT,
  }).handle(async ({ params: { tenant, name }, query: { key } }) => {
    const id = await expectTenant(parts, tenant);
    const standing = rateLimits.standing({ tenant: id, name, key });
    if (standing === null) throw noLimit();
    return { status: 200, body: { name, key, ...standing } };
  });

const resetRoute = ({ rateLimits, ...parts }: Parts): AdminRoute =>
  route({
    method: "POST",
    path: `${PATH}/{name}/reset`,
    access: "deployer",
    summary: "Let a key of a rate limit begin anew, or all of them",
    params: limitParams(),
    query: NOTHING,
    body: mapping({ key: key().optional().describe("Left out: all keys.") }),
    answers: { 204: empty("Nothing is counted of it any more.") },
    problems: NO_LIMIT,
  }).handle(async ({ params: { tenant, name }, body: { key = null }, caller }) => {
    const id = await expectTenant(parts, tenant);
    if (!rateLimits.of(id).some((limit) => limit.name === name)) throw noLimit();
    // a key may be somebody's address or token: it is no matter of the log
    const detail = { allKeys: key === null };
    const audit = { tenant, target: `rate limit ${name}`, detail };
    await parts.store.addAudit(auditOf(caller, "rate-limit.reset", audit));
    if (!(await rateLimits.reset({ tenant: id, name, key }))) throw noLimit();
    return { status: 204 };
  });

// memoryCache of a tenant: what it holds and has done, what is there of a key, and emptying it.
// Never a value: it may be anybody's.

import * as z from "zod";
import { checked, mapping } from "../../base/config/fields.ts";
import { CACHE_KEY_CHARS_MAX } from "../../wire/memory-cache.ts";
import { expectTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, owner, route } from "./route.ts";
import { listingRoute } from "./setting-routes.ts";

type Parts = Pick<ApiParts, "store" | "file" | "memoryCache">;

const PATH = "/v1/tenants/{tenant}/memory-cache";

const SNAPSHOT = z.object({
  entries: z.int(),
  bytes: z.int().describe("Of keys and values, with what each entry takes."),
  hits: z.int().describe("Since the proxy started, as all that follow."),
  misses: z.int(),
  loads: z.int().describe("Loaders that were called."),
  evictions: z.int().describe("Values that went for want of room."),
});

const ENTRY = z.object({
  key: z.string(),
  size: z.int().describe("Characters of its JSON, or bytes."),
  isBytes: z.boolean(),
  freshMs: z.int().describe("0: it is stale."),
  staleMs: z.int(),
});

export const memoryCacheRoutes = (parts: Parts): readonly AdminRoute[] => [
  listingRoute(parts, {
    path: PATH,
    summary: "What a tenant's memoryCache holds and has done",
    description: "All keys together.",
    schema: SNAPSHOT,
    read: async (_name, id) => parts.memoryCache.of(id),
  }),
  entryRoute(parts),
  resetRoute(parts),
];

const key = () =>
  checked({
    expected: `a key of at most ${CACHE_KEY_CHARS_MAX} characters`,
    pattern: /^.*$/s,
    isValid: (value) => value.length <= CACHE_KEY_CHARS_MAX,
  });

const entryRoute = ({ memoryCache, ...parts }: Parts): AdminRoute =>
  route({
    method: "GET",
    path: `${PATH}/entry`,
    access: "reader",
    summary: "What a tenant's memoryCache has of a key",
    params: mapping({ tenant: owner() }),
    query: mapping({ key: key() }),
    body: NO_BODY,
    answers: { 200: json("As it is now, without the value.", ENTRY) },
    problems: { 404: "There is no such tenant, or nothing of that key." },
  }).handle(async ({ params: { tenant }, query: { key } }) => {
    const entry = memoryCache.entry(await expectTenant(parts, tenant), key);
    if (entry === null) throw new ApiError(404, "There is nothing of that key.");
    return { status: 200, body: { key, ...entry } };
  });

const resetRoute = ({ memoryCache, ...parts }: Parts): AdminRoute =>
  route({
    method: "POST",
    path: `${PATH}/reset`,
    access: "deployer",
    summary: "Take a key out of a tenant's memoryCache, or all of them",
    params: mapping({ tenant: owner() }),
    query: NOTHING,
    body: mapping({ key: key().optional().describe("Left out: all keys.") }),
    answers: { 200: json("How many were there.", z.object({ removed: z.int() })) },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params: { tenant }, body: { key = null }, caller }) => {
    const id = await expectTenant(parts, tenant);
    // a key may be somebody's address or token: it is no matter of the log
    const audit = { tenant, target: "memory cache", detail: { allKeys: key === null } };
    await parts.store.addAudit(auditOf(caller, "memory-cache.reset", audit));
    return { status: 200, body: { removed: memoryCache.reset(id, key) } };
  });

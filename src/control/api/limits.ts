// The limits of a tenant, each with what there is of it now or was used by one request at most: how
// near it is to being refused something.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { eachLimit, TENANT_LIMITS, type TenantLimit } from "../../base/config/tenant-limits.ts";
import type { LimitUse } from "../../observe/limit-use.ts";
import type { CountersAccess } from "../counters-access.ts";
import type { Live, LiveTenant } from "../live.ts";
import type { MemoryCacheAccess } from "../memory-cache-access.ts";
import type { RateLimitsAccess } from "../rate-limits-access.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import { expectServed } from "./served.ts";

/** The fleet implements it. */
export interface LimitUseAccess {
  /** In the worker where it is nearest to its limits. */
  of(tenant: string): Promise<LimitUse>;
}

export interface LimitParts {
  readonly limitUses: LimitUseAccess;
}

/** What tenants have in the main thread. */
export interface LimitedState {
  readonly counters: Pick<CountersAccess, "of">;
  readonly rateLimits: Pick<RateLimitsAccess, "of">;
  readonly memoryCache: Pick<MemoryCacheAccess, "of">;
}

const LIMIT = z.object({
  name: z.string().describe("As in the configuration, its unit last."),
  limit: z.number(),
  used: z
    .number()
    .nullable()
    .describe("Now; of what holds for one request the most that one has used. null: not known."),
  isMost: z
    .boolean()
    .describe("`used` is the most of one request since settings or versions changed."),
  bounds: z.string().describe("What it bounds."),
});

type Limit = z.output<typeof LIMIT>;

export const limitRoutes = (
  { limitUses }: LimitParts,
  live: Pick<Live, "tenants">,
  state: LimitedState,
): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/limits",
    access: "reader",
    summary: "Limits of a tenant, and how near it is to each",
    params: mapping({ tenant: name() }),
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json(
        "Of several workers, the one that is nearest to the limit.",
        z.object({ limits: z.array(LIMIT) }),
      ),
    },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params }) => {
    const tenant = expectServed(live, params.tenant);
    const use = await limitUses.of(params.tenant);
    return {
      status: 200,
      body: { limits: [requests(tenant, use), ...ofScript(tenant, use, state)] },
    };
  }),
];

const requests = ({ config }: LiveTenant, { requests: used }: LimitUse): Limit => ({
  name: "requestsAtOnce",
  ...{ limit: config.requestsAtOnce, used, isMost: false },
  bounds: "Requests of its clients under way in one worker; more are answered 503.",
});

function ofScript(tenant: LiveTenant, use: LimitUse, state: LimitedState): Limit[] {
  const { limits } = tenant.config;
  const most: Partial<Record<TenantLimit, number>> = {
    requestCpuMs: use.cpuMs,
    logLines: use.logLines,
    logBytes: use.logBytes,
    hostCalls: use.hostCalls,
  };
  const used = { ...eachLimit(() => null), ...most, ...nowOf(tenant, use, state) };
  return NAMES.map((key) => ({
    ...{ name: key, limit: limits[key], used: used[key], isMost: most[key] !== undefined },
    bounds: TENANT_LIMITS[key].bounds,
  }));
}

const isLimit = (key: string): key is TenantLimit => Object.hasOwn(TENANT_LIMITS, key);
const NAMES = Object.keys(TENANT_LIMITS).filter(isLimit);

const MIB = 1_048_576;

function nowOf(
  { id, config, scripts }: LiveTenant,
  { heapBytes, fetches }: LimitUse,
  { counters, rateLimits, memoryCache }: LimitedState,
): Partial<Record<TenantLimit, number>> {
  const { entries, bytes } = memoryCache.of(id);
  const bundles = scripts.versions.map(({ code }) => Buffer.byteLength(code));
  return {
    // what is in a cell's isolates only its own process knows
    ...(config.isolation === "inline"
      ? { memoryMiB: Math.round((heapBytes * 10) / MIB) / 10 }
      : {}),
    subrequestsPerWorker: fetches,
    counters: counters.of(id).length,
    rateLimits: rateLimits.of(id).length,
    memoryCacheBytes: bytes,
    memoryCacheEntries: entries,
    bundleBytes: Math.max(0, ...bundles),
  };
}

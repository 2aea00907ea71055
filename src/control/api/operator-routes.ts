// The operator's layer: what a tenant's script has of the API, under /v1/operator, for operators
// alone. Each is the tenant's own call, made for the owner that no tenant can be.

import * as z from "zod";
import { OPERATOR } from "../../base/config/operator.ts";
import type { Live } from "../live.ts";
import { ApiError } from "./problem.ts";
import type { AdminRoute } from "./route.ts";

const OF_TENANT = "/v1/tenants/{tenant}/";

/** What is about a script, and not about hosts, settings or who is served. */
const PARTS: ReadonlySet<string> = new Set([
  "deployments",
  "traffic",
  "versions",
  "rollback",
  "enable",
  "flags",
  "secrets",
  "counters",
  "rate-limits",
  "memory-cache",
  "logs",
]);

export const operatorRoutes = (
  routes: readonly AdminRoute[],
  live: Pick<Live, "tenants">,
): readonly AdminRoute[] =>
  routes.filter(isOfScript).map((route) => ({
    ...route,
    path: `/v1/operator/${route.path.slice(OF_TENANT.length)}`,
    access: "operator",
    summary: `${route.summary} (the operator's layer)`,
    params: withoutTenant(route.params),
    async run(call) {
      if (!live.tenants().some(({ config }) => config.name === OPERATOR)) throw noLayer();
      return await route.run({ ...call, params: { ...call.params, tenant: OPERATOR } });
    },
  }));

const isOfScript = ({ path }: AdminRoute): boolean =>
  path.startsWith(OF_TENANT) && PARTS.has(path.slice(OF_TENANT.length).split("/")[0] ?? "");

const withoutTenant = (params: z.ZodType): z.ZodType =>
  params instanceof z.ZodObject ? params.omit({ tenant: true }) : params;

const noLayer = (): ApiError =>
  new ApiError(404, "There is no operator's layer: the configuration has no key operator.");

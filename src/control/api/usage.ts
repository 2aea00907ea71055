// What tenants use: for bills, and for whoever wonders where the time goes.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import type { Usage } from "../../observe/usage.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, name, route } from "./route.ts";

export interface TenantUsage extends Usage {
  readonly tenant: string;
}

export interface UsageParts {
  /** Since the process began: every tenant that serves, used or not. */
  usage(): Promise<{ readonly since: string; readonly tenants: readonly TenantUsage[] }>;
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

export const usageRoutes = ({ usage }: UsageParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/usage",
    access: "reader",
    summary: "Requests, bytes, script time and host calls of a tenant",
    params: mapping({ tenant: name() }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("Of all workers together.", z.object({ since: SINCE, ...USAGE })) },
  }).handle(async ({ params }) => {
    const { since, tenants } = await usage();
    const found = tenants.find(({ tenant }) => tenant === params.tenant);
    if (found === undefined) throw new ApiError(404, "There is no such tenant.");
    const { tenant: _, ...own } = found;
    return { status: 200, body: { since, ...own } };
  }),

  route({
    method: "GET",
    path: "/v1/usage",
    access: "machine",
    summary: "The same of every tenant that serves, the most script time first",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json(
        "Of all workers together.",
        z.object({
          since: SINCE,
          tenants: z.array(z.object({ tenant: z.string(), ...USAGE })),
        }),
      ),
    },
  }).handle(async () => {
    const { since, tenants } = await usage();
    const sorted = tenants.toSorted((one, two) => two.scriptMs - one.scriptMs);
    return { status: 200, body: { since, tenants: sorted } };
  }),
];

// What a tenant uses: for bills, and for whoever wonders where the time goes.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import type { Usage } from "../../observe/usage.ts";
import { ApiError } from "./problem.ts";
import { json, NO_BODY, NOTHING, name, type Route, route } from "./route.ts";

export interface UsageParts {
  hasTenant(name: string): boolean;
  /** Since the process began. */
  usage(tenant: string): Promise<Usage & { readonly since: string }>;
}

const USAGE = z.object({
  since: z.string().describe("Start of the process; figures begin anew with it."),
  requests: z.number(),
  bytesReceived: z.number().describe("Of request bodies."),
  bytesSent: z.number().describe("Of response bodies."),
  scriptMs: z.number().describe("Time in turns of its script; in a cell with the way there."),
  hostCalls: z.number().describe("What its script asked of the host: timers, bodies."),
});

export const usageRoutes = ({ hasTenant, usage }: UsageParts): readonly Route[] => [
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/usage",
    access: "reader",
    summary: "Requests, bytes, script time and host calls of a tenant",
    params: mapping({ tenant: name() }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("Of all workers together.", USAGE) },
  }).handle(async ({ params }) => {
    if (!hasTenant(params.tenant)) throw new ApiError(404, "There is no such tenant.");
    return { status: 200, body: await usage(params.tenant) };
  }),
];

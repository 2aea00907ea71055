// How the versions of a tenant do, side by side: a canary beside what it is to replace.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { FIGURES_WINDOW_MS } from "../deploy/version-figures.ts";
import type { ApiParts } from "./parts.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, owner, route } from "./route.ts";
import { expectServed } from "./served.ts";

const FIGURE = z.object({
  version: z.int(),
  requests: z.int(),
  errors: z.int().describe("Answers with a 5xx, whoever is to blame."),
  scriptFailures: z.int().describe("Requests of which a hook failed."),
  p50Ms: z.number().nullable().describe("Half of the requests took no longer; null: none."),
  p99Ms: z.number().nullable(),
});

export const versionStatsRoutes = ({
  live,
  versionFigures,
}: Pick<ApiParts, "live" | "versionFigures">): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/versions/stats",
    access: "reader",
    summary: "How the versions of its script do, side by side",
    params: mapping({ tenant: owner() }),
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json(
        "Those that had requests in the window, of all workers together.",
        z.object({ windowMs: z.int(), versions: z.array(FIGURE) }),
      ),
    },
  }).handle(({ params }) => {
    const { id } = expectServed(live, params.tenant);
    const versions = [...versionFigures(id)].sort((one, two) => one.version - two.version);
    return { status: 200, body: { windowMs: FIGURES_WINDOW_MS, versions } };
  }),
];

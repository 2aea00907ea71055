// How the versions of a tenant do, side by side: a canary beside what it is to replace.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { OPERATOR } from "../../base/config/operator.ts";
import { FIGURES_WINDOW_MS } from "../deploy/version-figures.ts";
import { gather, LISTED, OF_NODES, whichNodes } from "./of-nodes.ts";
import type { ApiParts } from "./parts.ts";
import { type AdminRoute, json, NO_BODY, owner, route } from "./route.ts";
import { expectServed } from "./served.ts";
import { longest, total } from "./summed.ts";

const FIGURE = z.object({
  version: z.int(),
  requests: z.int(),
  errors: z.int().describe("Answers with a 5xx, whoever is to blame."),
  scriptFailures: z.int().describe("Requests of which a hook failed."),
  p50Ms: z
    .number()
    .nullable()
    .describe("Half of the requests took no longer; null: none. Of several proxies the longest."),
  p99Ms: z.number().nullable(),
});
type Figure = z.output<typeof FIGURE>;

const STATS = z.object({
  windowMs: z.int(),
  versions: z.array(FIGURE).readonly(),
  nodes: LISTED,
});

export const versionStatsRoutes = ({
  live,
  versionFigures,
  others,
}: Pick<ApiParts, "live" | "versionFigures" | "others">): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/versions/stats",
    access: "reader",
    summary: "How the versions of its script do, side by side",
    params: mapping({ tenant: owner() }),
    query: mapping({ nodes: whichNodes() }),
    body: NO_BODY,
    answers: {
      200: json("Those that had requests in the window, of all workers together.", STATS),
    },
    problems: OF_NODES,
  }).handle(async ({ params: { tenant }, query: { nodes }, headers, caller }) => {
    const { id } = expectServed(live, tenant);
    const owned = tenant === OPERATOR ? "operator" : `tenants/${tenant}`;
    const path = `/v1/${owned}/versions/stats`;
    const wanted = { nodes, headers, caller, path, schema: STATS };
    const { values, listed } = await gather(others, wanted, () => {
      return { windowMs: FIGURES_WINDOW_MS, versions: [...versionFigures(id)] };
    });
    const versions = figuresOfNodes(values.map((one) => one.versions));
    return { status: 200, body: { windowMs: FIGURES_WINDOW_MS, versions, ...listed } };
  }),
];

function figuresOfNodes(all: readonly (readonly Figure[])[]): Figure[] {
  const byVersion = Map.groupBy(all.flat(), ({ version }) => version);
  return [...byVersion]
    .map(([version, figures]) => ({
      version,
      requests: total(figures, ({ requests }) => requests),
      errors: total(figures, ({ errors }) => errors),
      scriptFailures: total(figures, ({ scriptFailures }) => scriptFailures),
      p50Ms: longest(figures, ({ p50Ms }) => p50Ms),
      p99Ms: longest(figures, ({ p99Ms }) => p99Ms),
    }))
    .sort((one, two) => one.version - two.version);
}

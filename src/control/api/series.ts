// How requests, errors and times went of late: the figures of the dashboard's charts.

import * as z from "zod";
import { choice, mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { type Series, type SeriesRings, SPANS } from "../../observe/series.ts";
import type { Live } from "../live.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import { expectServed } from "./served.ts";

export interface SeriesParts {
  readonly series: Pick<SeriesRings, "whole" | "tenant" | "minutes">;
}

const numbers = () => z.array(z.number()).readonly();
const numbersOrNull = () => z.array(z.number().nullable()).readonly();

const SERIES = {
  stepMs: z.int().describe("Length of a step."),
  toMs: z.number().describe("End of the last step, in milliseconds since 1970; 0: there is none."),
  points: z
    .object({
      requests: numbers(),
      errors: numbers().describe("Answers with a 5xx, and none at all."),
      p50Ms: numbersOrNull().describe(
        "Within the bounds of the metrics' buckets; null: no request.",
      ),
      p99Ms: numbersOrNull(),
      scriptMs: numbers().describe("Time in turns of scripts."),
    })
    .describe("One entry for each step, the oldest first."),
};

const QUERY = mapping({
  span: choice(SPANS).default("30m").describe("30m: steps of 5 s; 24h: steps of 2 min."),
});

const MINUTE = z.object({
  tenant: z.string(),
  requests: z.number(),
  errors: z.number(),
  scriptMs: z.number(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

const shown = ({ stepMs, toMs, points }: Series) => ({ stepMs, toMs, points: { ...points } });

export const seriesRoutes = (
  { series }: SeriesParts,
  live: Pick<Live, "tenants">,
): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/series",
    access: "operator",
    summary: "Requests, errors and times of late, and of each tenant in the last minute",
    params: NOTHING,
    query: QUERY,
    body: NO_BODY,
    answers: {
      200: json(
        `Of at most ${LIMITS.seriesTenants} tenants; kept until the process ends.`,
        z.object({ ...SERIES, tenants: z.array(MINUTE) }),
      ),
    },
  }).handle(({ query }) => {
    const minutes = [...series.minutes()].map(([tenant, minute]) => ({ tenant, ...minute }));
    const tenants = minutes.sort((one, two) => two.requests - one.requests);
    return { status: 200, body: { ...shown(series.whole(query.span)), tenants } };
  }),

  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/series",
    access: "reader",
    summary: "Requests, errors and times of a tenant of late",
    params: mapping({ tenant: name() }),
    query: QUERY,
    body: NO_BODY,
    answers: { 200: json("Kept until the process ends.", z.object(SERIES)) },
  }).handle(({ params, query }) => {
    expectServed(live, params.tenant);
    return { status: 200, body: shown(series.tenant(params.tenant, query.span)) };
  }),
];

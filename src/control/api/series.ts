// How requests, errors and times went of late: the figures of the dashboard's charts.

import * as z from "zod";
import { choice, mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { type LastMinute, type Series, type SeriesRings, SPANS } from "../../observe/series.ts";
import type { Live } from "../live.ts";
import { gather, LISTED, NO_PROXY, OF_NODES, type OtherParts, whichNodes } from "./of-nodes.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import { minuteOfNodes, minutesOfNodes, seriesOfNodes } from "./series-of-nodes.ts";
import { expectServed } from "./served.ts";

export interface SeriesParts extends OtherParts {
  readonly series: Pick<SeriesRings, "whole" | "tenant" | "minutes">;
  lastMinute(): Promise<LastMinute>;
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
        "Within the bounds of the metrics' buckets; null: no request. Of several proxies the " +
          "longest of theirs.",
      ),
      p99Ms: numbersOrNull(),
      scriptMs: numbers().describe("Time in turns of scripts."),
    })
    .describe("One entry for each step, the oldest first."),
  nodes: LISTED,
};

const QUERY = mapping({
  span: choice(SPANS).default("30m").describe("30m: steps of 5 s; 24h: steps of 2 min."),
  nodes: whichNodes(),
});

const MINUTE = z.object({
  requests: z.number(),
  errors: z.number(),
  scriptMs: z.number(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

const OWN = z.object(SERIES);
const WHOLE = z.object({
  ...SERIES,
  minute: MINUTE.extend({
    seconds: z.number().describe("How long it was: less, if the process is younger."),
  }).describe("The last minute up to now, also what is in no step yet."),
  tenants: z
    .array(z.object({ tenant: z.string() }).extend(MINUTE.shape))
    .readonly()
    .describe("Of each the same minute."),
});

/** Others answer with steps as long as these: those of another release may have other ones. */
const ofSteps = (stepMs: number) => ({ stepMs: z.literal(stepMs) });

const shown = ({ stepMs, toMs, points }: Series) => ({ stepMs, toMs, points: { ...points } });

export const seriesRoutes = (
  { series, lastMinute, others }: SeriesParts,
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
      200: json(`Of at most ${LIMITS.seriesTenants} tenants; kept until the process ends.`, WHOLE),
    },
    problems: { ...OF_NODES, ...NO_PROXY },
  }).handle(async ({ query: { span, nodes }, headers, caller }) => {
    const { seconds, whole, tenants: minutes } = await lastMinute();
    const own = { ...shown(series.whole(span)), minute: { ...whole, seconds } };
    const tenants = [...minutes].map(([tenant, minute]) => ({ tenant, ...minute }));
    const schema = WHOLE.extend(ofSteps(own.stepMs));
    const wanted = { nodes, headers, caller, path: `/v1/series?span=${span}`, schema };
    const { values, listed } = await gather(others, wanted, () => ({ ...own, tenants }));
    const sums = {
      minute: minuteOfNodes(values.map((one) => one.minute)),
      tenants: minutesOfNodes(values.map((one) => one.tenants)),
    };
    return { status: 200, body: { ...seriesOfNodes(values), ...sums, ...listed } };
  }),

  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/series",
    access: "reader",
    summary: "Requests, errors and times of a tenant of late",
    params: mapping({ tenant: name() }),
    query: QUERY,
    body: NO_BODY,
    answers: { 200: json("Kept until the process ends.", OWN) },
    problems: OF_NODES,
  }).handle(async ({ params: { tenant }, query: { span, nodes }, headers, caller }) => {
    expectServed(live, tenant);
    const own = shown(series.tenant(tenant, span));
    const path = `/v1/tenants/${tenant}/series?span=${span}`;
    const wanted = { nodes, headers, caller, path, schema: OWN.extend(ofSteps(own.stepMs)) };
    const { values, listed } = await gather(others, wanted, () => own);
    return { status: 200, body: { ...seriesOfNodes(values), ...listed } };
  }),
];

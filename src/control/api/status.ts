// Liveness, readiness and metrics, for probes and scrapers.

import * as z from "zod";
import { METRICS_CONTENT_TYPE } from "../../observe/prometheus.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, ANY_QUERY, json, NO_BODY, NOTHING, route, text } from "./route.ts";

export interface StatusParts {
  /** Null: ready. Else why not, in words: `starting`, `shutting down`. */
  isReady(): string | null;
  /** The text that Prometheus scrapes. */
  metricsText(): Promise<string>;
}

export const statusRoutes = ({ isReady, metricsText }: StatusParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/health",
    access: "anyone",
    summary: "Whether the process lives",
    params: NOTHING,
    query: ANY_QUERY,
    body: NO_BODY,
    answers: { 200: json("It does.", z.object({ status: z.literal("ok") })) },
  }).handle(() => ({ status: 200, body: { status: "ok" } })),
  route({
    method: "GET",
    path: "/v1/ready",
    access: "anyone",
    summary: "Whether every worker serves",
    params: NOTHING,
    query: ANY_QUERY,
    body: NO_BODY,
    answers: { 200: json("They do.", z.object({ status: z.literal("ready") })) },
    problems: { 503: "Not yet, or not any more." },
  }).handle(() => {
    const reason = isReady();
    if (reason === null) return { status: 200, body: { status: "ready" } };
    const headers = { "Retry-After": "1" };
    throw new ApiError(503, `The proxy is not ready: ${reason}.`, { headers });
  }),
  route({
    method: "GET",
    path: "/metrics",
    access: "anyone",
    summary: "Metrics as Prometheus wants them",
    params: NOTHING,
    query: ANY_QUERY,
    body: NO_BODY,
    answers: { 200: text("The text format, 0.0.4.", METRICS_CONTENT_TYPE) },
  }).handle(async () => ({ status: 200, body: await metricsText() })),
];

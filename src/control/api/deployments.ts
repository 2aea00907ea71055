// Deployments: made, listed, shown.

import * as z from "zod";
import { BREAKER_STATES } from "../../base/breaker.ts";
import { integer, mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { everywhere } from "../deploy/everywhere.ts";
import { sourcesOf } from "../deploy/sources.ts";
import type { Traffic } from "../deploy/traffic.ts";
import type { Live } from "../live.ts";
import type { DeploymentSummary } from "../store/store.ts";
import { DEPLOY_BODY, requestOf } from "./deploy-body.ts";
import { orProblem, TRAFFIC_PROBLEMS } from "./deploy-problem.ts";
import { NODE, toNode } from "./nodes.ts";
import type { ApiParts } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, owner, route } from "./route.ts";
import { expectServed } from "./served.ts";

type DeploymentParts = Pick<ApiParts, "store" | "live" | "deployer" | "breakerOf" | "nodes">;

export const deploymentRoutes = (parts: DeploymentParts): readonly AdminRoute[] => [
  createRoute(parts),
  listRoute(parts),
  getRoute(parts),
];

const PATH = "/v1/tenants/{tenant}/deployments";
const PARAMS = mapping({ tenant: owner() });

const PROBLEM = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  text: z.string(),
});

const MADE = {
  sha256: z.string().describe("Of the bundle."),
  hooks: z.array(z.string()),
  bytes: z.int(),
  startupMs: z.int().describe("Processor time that its top level took; see limits.startupMs."),
  warnings: z.array(PROBLEM),
};

const SERVED = {
  version: z.int(),
  nodes: z
    .array(NODE)
    .describe("Every proxy that shares the store; empty: it is this one's alone."),
};

const createRoute = ({ deployer, nodes }: DeploymentParts): AdminRoute =>
  route({
    method: "POST",
    path: PATH,
    access: "deployer",
    summary: "Deploy a script",
    description:
      "Bundled, started in a scratch process, tried with its smoke requests, prepared on every " +
      "worker, stored, live: answered when every worker serves it, of all proxies that share the " +
      "store and live. A failure names its step and changes nothing.",
    bodyBytesMax: LIMITS.deploymentBytes,
    params: PARAMS,
    query: NOTHING,
    body: DEPLOY_BODY,
    answers: {
      200: json("A dry run: it could go live.", z.object(MADE)),
      201: json("Every worker serves it.", z.object({ ...SERVED, ...MADE })),
      202: json(
        "It is stored and served here. A proxy that shares the store refuses it or is late, or " +
          "the store cannot be asked any more: nodes says which and why; they go on trying.",
        z.object({ ...SERVED, ...MADE }),
      ),
    },
    problems: TRAFFIC_PROBLEMS,
  }).handle(async ({ params, body, caller, signal }) => {
    const request = requestOf(params.tenant, body, caller.actor);
    const deployed = await orProblem(deployer.deploy(request));
    const { version, revision, hooks, warnings, ...rest } = deployed;
    const made = { ...rest, hooks: [...hooks], warnings: [...warnings] };
    if (version === null) return { status: 200, body: made };
    if (nodes === null) return { status: 201, body: { version, nodes: [], ...made } };
    const { list, isServed } = await everywhere(nodes, revision, signal);
    const all = list.nodes.map((node) => toNode(node, list, revision));
    return { status: isServed ? 201 : 202, body: { version, nodes: all, ...made } };
  });

const SUMMARY = {
  version: z.int().describe("From 1 for each tenant."),
  state: z.enum(["stored", "ready", "failed", "disabled"]),
  reason: z.string().describe("Why it failed or was disabled."),
  percent: z.number().nullable().describe("Its share of the clients; null: it does not run."),
  origin: z.enum(["file", "api"]),
  author: z.string(),
  message: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  hooks: z.array(z.string()),
  breaker: z.enum(BREAKER_STATES).describe("In the worker where it stands worst."),
  createdAt: z.string(),
};

const PAGE = z.object({
  deployments: z.array(z.object(SUMMARY)),
  processes: z
    .object({
      breaker: z.enum(BREAKER_STATES).describe("Open, disabled: no hook runs."),
      isAlone: z.boolean().describe("In a process of its own, since one died while it ran."),
    })
    .nullable()
    .describe("Those of the tenant, for all versions; null: its scripts run in the proxy."),
});

const listRoute = ({ store, live, breakerOf }: DeploymentParts): AdminRoute =>
  route({
    method: "GET",
    path: PATH,
    access: "reader",
    summary: "The history, the newest first",
    params: PARAMS,
    query: mapping({
      before: integer(1, Number.MAX_SAFE_INTEGER).optional().describe("Only older versions."),
      limit: integer(1, LIMITS.deploymentsPage).default(20),
    }),
    body: NO_BODY,
    answers: { 200: json("A page.", PAGE) },
  }).handle(async ({ params, query }) => {
    const { before = null, limit } = query;
    expectServed(live, params.tenant);
    const page = await store.deployments(params.tenant, { before, limit });
    const traffic = await store.traffic(params.tenant);
    return {
      status: 200,
      body: {
        deployments: page.map((one) => summaryOf(one, { traffic, breakerOf, live })),
        processes: live.processesOf(params.tenant),
      },
    };
  });

interface Around extends Pick<DeploymentParts, "breakerOf" | "live"> {
  readonly traffic: Traffic | null;
}

function summaryOf(summary: DeploymentSummary, { traffic, breakerOf, live }: Around) {
  const { version, origin, author, message, sha256, bytes, hooks } = summary;
  const { state, reason } = stateOf(summary, live);
  const share = traffic?.versions.find((one) => one.version === version);
  return {
    ...{ version, state, reason, origin, author, message, sha256, bytes },
    percent: share?.percent ?? null,
    hooks: [...hooks],
    breaker: breakerOf(summary.tenant, version),
    createdAt: new Date(summary.createdAtMs).toISOString(),
  };
}

/** Also what the store knows nothing of: it may start again with the next process. */
function stateOf({ tenant, version, state, reason }: DeploymentSummary, live: Live) {
  const found = live.tenants().find(({ config }) => config.name === tenant);
  const running = found?.scripts.versions.find((one) => one.version === version);
  if (state !== "ready" || running?.isDisabled !== true) return { state, reason };
  return { state: "disabled", reason: running.reason } as const;
}

const getRoute = ({ store, live, breakerOf }: DeploymentParts): AdminRoute =>
  route({
    method: "GET",
    path: `${PATH}/{version}`,
    access: "reader",
    summary: "A deployment with its sources",
    params: mapping({ tenant: owner(), version: z.string().regex(/^[1-9]\d{0,8}$/, "a version") }),
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json(
        "Sources of a bundle that came ready-made are those in its source map.",
        z.object({
          ...SUMMARY,
          entry: z.string(),
          files: z.record(z.string(), z.string()),
          smoke: z.array(z.unknown()),
        }),
      ),
    },
    problems: { 404: "There is no such version, or it is too old to be kept." },
  }).handle(async ({ params }) => {
    const { tenant, version } = params;
    expectServed(live, tenant);
    const found = await store.deployment(tenant, Number(version));
    if (found === null) throw new ApiError(404, "There is no such version, or not any more.");
    const summary = summaryOf(found, {
      traffic: await store.traffic(tenant),
      breakerOf,
      live,
    });
    const { entry, smoke } = found;
    return {
      status: 200,
      body: { ...summary, entry, files: { ...sourcesOf(found) }, smoke: [...smoke] },
    };
  });

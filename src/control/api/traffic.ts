// Who gets which version of a tenant's script: shares, rollback, back into service, testers.

import { createHash } from "node:crypto";
import * as z from "zod";
import { integer, mapping, text } from "../../base/config/fields.ts";
import { testerHeader } from "../../base/tester-pass.ts";
import { enable } from "../deploy/enable.ts";
import {
  rollBack,
  rollbackTarget,
  setTrafficOf,
  type Traffic,
  trafficOf,
} from "../deploy/traffic.ts";
import type { StickyBy } from "../store/store.ts";
import { orProblem, TRAFFIC_PROBLEMS } from "./deploy-problem.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { etagOf, expectRevision, isUnchanged } from "./preconditions.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, owner, route } from "./route.ts";
import { expectServed } from "./served.ts";

type TrafficRouteParts = Pick<ApiParts, "store" | "live" | "testerKey" | "breakerOf">;

export const trafficRoutes = (parts: TrafficRouteParts): readonly AdminRoute[] => [
  getRoute(parts),
  putRoute(parts),
  rollbackRoute(parts),
  enableRoute(parts),
  passRoute(parts),
];

const PARAMS = mapping({ tenant: owner() });
const VERSION = integer(1, 999_999_999);

const STICKY = z
  .union([
    mapping({ kind: z.literal("address") }),
    mapping({ kind: z.enum(["cookie", "header"]), name: text().max(100) }),
  ])
  .describe("What a client is known by, so that it sees one version.");

const TRAFFIC = z.object({
  versions: z.array(z.object({ version: z.int(), percent: z.number() })),
  stickyBy: z.object({ kind: z.string(), name: z.string().optional() }),
  rollbackTo: z.int().nullable().describe("Where a rollback goes that names none; null: nowhere."),
});

async function answer({ store }: TrafficRouteParts, tenant: string, traffic: Traffic) {
  const { versions, stickyBy } = traffic;
  const rollbackTo = await rollbackTarget(store, tenant, traffic);
  return {
    status: 200 as const,
    headers: { ETag: etagOf(tagOf(traffic)) },
    body: {
      versions: versions.map(({ version, percent }) => ({ version, percent })),
      stickyBy: { ...stickyBy },
      rollbackTo,
    },
  };
}

/** The same for the same shares, whoever set them: what matters is who gets what. */
function tagOf({ versions, stickyBy }: Traffic): string {
  const shares = versions.map(({ version, percent }) => [version, percent]);
  const name = "name" in stickyBy ? stickyBy.name : "";
  const all = [shares.toSorted(([one = 0], [two = 0]) => one - two), stickyBy.kind, name];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16);
}

const SEEN_PROBLEMS = {
  ...TRAFFIC_PROBLEMS,
  412: "If-Match or If-None-Match does not hold.",
};

const expectTraffic =
  (headers: Headers) =>
  (now: Traffic): void =>
    expectRevision(headers, tagOf(now));

const getRoute = (parts: TrafficRouteParts): AdminRoute =>
  route({
    method: "GET",
    path: "/v1/tenants/{tenant}/traffic",
    access: "reader",
    summary: "The versions that run, and their shares",
    params: PARAMS,
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json("With its ETag. Empty: no script.", TRAFFIC),
      304: empty("It is the one of If-None-Match."),
    },
  }).handle(async ({ params, headers }) => {
    const { tenant } = params;
    const { scripts } = expectServed(parts.live, tenant);
    const tag = tagOf(trafficOf(scripts));
    if (isUnchanged(headers, tag)) return { status: 304, headers: { ETag: etagOf(tag) } };
    const traffic = await parts.store.traffic(tenant);
    const shown = traffic ?? { versions: [], stickyBy: BY_ADDRESS };
    const { body } = await answer(parts, tenant, shown);
    return { status: 200, headers: { ETag: etagOf(tag) }, body };
  });

const BY_ADDRESS: StickyBy = { kind: "address" };

const putRoute = (parts: TrafficRouteParts): AdminRoute =>
  route({
    method: "PUT",
    path: "/v1/tenants/{tenant}/traffic",
    access: "deployer",
    summary: "Set the shares",
    description:
      "A larger share keeps the clients that a version had before. " +
      "`If-Match` changes only what its author has seen.",
    params: PARAMS,
    query: NOTHING,
    body: mapping({
      versions: z
        .array(mapping({ version: VERSION, percent: integer(0, 100) }))
        .min(1)
        .describe("Shares add up to 100; 0: for testers only."),
      stickyBy: STICKY.optional(),
    }),
    answers: { 200: json("Every worker deals by it.", TRAFFIC) },
    problems: SEEN_PROBLEMS,
  }).handle(async ({ params: { tenant }, body, caller, headers }) => {
    const { versions, stickyBy } = body;
    const expect = expectTraffic(headers);
    const next = setTrafficOf(parts, {
      tenant,
      traffic: async (now) => {
        expect(now);
        return { versions, stickyBy: stickyBy ?? now.stickyBy };
      },
      audit: (traffic) => [
        auditOf(caller, "traffic.set", { tenant, target: "traffic", detail: { ...traffic } }),
      ],
    });
    return await answer(parts, tenant, (await orProblem(next)).traffic);
  });

const rollbackRoute = (parts: TrafficRouteParts): AdminRoute =>
  route({
    method: "POST",
    path: "/v1/tenants/{tenant}/rollback",
    access: "deployer",
    summary: "All traffic to the version before, or to the named one",
    description:
      "The version before: the last one that had all of the traffic and was not taken back since.",
    params: PARAMS,
    query: NOTHING,
    body: mapping({ version: VERSION.optional() }),
    answers: { 200: json("Every worker serves it.", TRAFFIC) },
    problems: SEEN_PROBLEMS,
  }).handle(async ({ params: { tenant }, body, caller, headers }) => {
    const { version = null } = body;
    const expect = expectTraffic(headers);
    const next = rollBack(parts, { tenant, version, author: caller.actor, expect });
    return await answer(parts, tenant, await orProblem(next));
  });

const enableRoute = (parts: TrafficRouteParts): AdminRoute =>
  route({
    method: "POST",
    path: "/v1/tenants/{tenant}/enable",
    access: "operator",
    summary: "Take back into service what is disabled, or what a breaker keeps out",
    description:
      "A version begins anew, and runs if it has a share; processes that died too often are tried.",
    params: PARAMS,
    query: NOTHING,
    body: mapping({
      version: VERSION.optional().describe("Left out: the newest one that is out of service."),
    }),
    answers: { 200: json("Every worker knows.", z.object({ version: z.int() })) },
    problems: TRAFFIC_PROBLEMS,
  }).handle(async ({ params: { tenant }, body, caller }) => {
    const { version = null } = body;
    const enabled = enable(parts, { tenant, version, author: caller.actor });
    return { status: 200, body: { version: await orProblem(enabled) } };
  });

const PASS_S_MAX = 2_592_000;

const passRoute = ({ store, live, testerKey }: TrafficRouteParts): AdminRoute =>
  route({
    method: "POST",
    path: "/v1/tenants/{tenant}/deployments/{version}/pass",
    access: "deployer",
    summary: "A header with which a tester gets this version, whatever its share",
    description: "The version must run: with a share, or with 0 percent for testers alone.",
    params: mapping({ tenant: owner(), version: z.string().regex(/^[1-9]\d{0,8}$/, "a version") }),
    query: NOTHING,
    body: mapping({ validS: integer(60, PASS_S_MAX).default(86_400).describe("Seconds.") }),
    answers: {
      201: json(
        "It is taken out before a request is forwarded.",
        z.object({ header: z.string(), value: z.string(), expiresAt: z.string() }),
      ),
    },
    problems: {
      404: "There is no such version.",
      409: "It does not run, so the pass would give another one.",
      503: "Passes need a store with a key.",
    },
  }).handle(async ({ params, body }) => {
    const { tenant } = params;
    const version = Number(params.version);
    const key = testerKey(expectServed(live, tenant).id);
    if (key === "") throw new ApiError(503, "No key to sign passes with.");
    if ((await store.deployment(tenant, version)) === null) {
      throw new ApiError(404, "There is no such version, or not any more.");
    }
    expectRuns(live, tenant, version);
    const expiresAt = Math.floor(Date.now() / 1000) + body.validS;
    const value = testerHeader({ tenant, version, expiresAt }, key);
    const until = new Date(expiresAt * 1000).toISOString();
    return { status: 201, body: { header: "sluice-version", value, expiresAt: until } };
  });

/** Throws a 409: with its pass one would see another version, and not know. */
function expectRuns(live: TrafficRouteParts["live"], tenant: string, version: number): void {
  const found = live.tenants().find(({ config }) => config.name === tenant);
  if (found?.scripts.versions.some((one) => one.version === version)) return;
  const how = "give it a share, or for testers alone a share of 0 percent";
  throw new ApiError(409, `Version ${version} does not run: ${how}.`);
}

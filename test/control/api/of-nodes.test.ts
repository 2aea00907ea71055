// Answers of all proxies that share a store, as one of them puts them together: sums, what is the
// longest, who is missing, and one that was chosen.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { LIMITS } from "../../../src/base/limits.ts";
import { requestRoutes } from "../../../src/control/api/requests.ts";
import type { AdminRoute, Caller } from "../../../src/control/api/route.ts";
import { openToken, sealToken } from "../../../src/control/api/sealed-token.ts";
import { seriesRoutes } from "../../../src/control/api/series.ts";
import { minutesOfNodes, seriesOfNodes } from "../../../src/control/api/series-of-nodes.ts";
import { versionStatsRoutes } from "../../../src/control/api/version-stats.ts";
import type { Node } from "../../../src/control/nodes.ts";
import { OtherNodes } from "../../../src/control/other-nodes.ts";
import { type Series, SeriesRings } from "../../../src/observe/series.ts";
import { type Json, list as listOf } from "../../life/control.ts";
import { InstantLive } from "./instant-live.ts";
import { parsed, settings } from "./stand.ts";

const idOf = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;
const [OWN, OTHER, SILENT, NONE] = [idOf(1), idOf(2), idOf(3), idOf(4)];
const STEP_MS = 5_000;
const TOKEN = "the-token-of-a-page";

/** What the other one answers, by its path; and who asked. */
const answers = new Map<string, unknown>();
const bearers = new Set<string | undefined>();
const server = createServer(({ url = "", headers }, response) => {
  bearers.add(headers.authorization);
  const answer = answers.get(url);
  response.statusCode = answer === undefined ? 404 : 200;
  response.end(JSON.stringify(answer ?? { detail: "not here" }));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());
const { port } = server.address() as AddressInfo;

const node = (id: string, name: string, address = ""): Node => ({
  ...{ id, name, address, version: "1", startedAtMs: 0, silentMs: 0, revision: 7, refusal: null },
  ...{ isLive: id !== SILENT, isDrained: false, isGuardian: false },
  figures: { requests: 0, errors: 0, requestsActive: 0, connections: 0 },
});
const all = [
  node(OTHER, "edge-2", `http://127.0.0.1:${port}`),
  node(OWN, "edge-1"),
  node(SILENT, "edge-3"),
];
const list = async () => ({ nodes: all, newest: 7, asOfMs: 0, isStale: false });
const others = new OtherNodes({ id: OWN, list }, {});
after(() => others.close());

const caller: Caller = { actor: "token:7", role: "operator", tenant: null, bearer: () => TOKEN };
const live = new InstantLive();
live.add(parsed("shop", settings("shop.example.com")), "file");

/** @param given  path and query, as they are called */
async function ask(routes: readonly AdminRoute[], path: string, given: string): Promise<Json> {
  const route = routes.find((one) => one.path === path) ?? assert.fail(path);
  const url = new URL(given, "http://proxy");
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const values = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`).exec(url.pathname) ?? [];
  const params = Object.fromEntries(names.map((name, at) => [name, values[at + 1] ?? ""]));
  const from = { remote: "127.0.0.1", isTls: false };
  const call = { query: url.searchParams, headers: new Headers(), body: undefined, caller, from };
  const { signal } = new AbortController();
  const { body } = await route.run({ ...call, params, signal });
  return JSON.parse(JSON.stringify(body));
}

const NODES = [
  { id: OWN, name: "edge-1", reason: "" },
  { id: OTHER, name: "edge-2", reason: "" },
  { id: SILENT, name: "edge-3", reason: "it has not reported for 10 s" },
];

const rings = new SeriesRings();
for (const [step, requests] of [0, 10, 30].entries()) {
  const counted = { requests, errors: 0, scriptMs: 0, durations: [requests, 0] };
  const bounds = { wholeBoundsMs: [8], tenantBoundsMs: [8] };
  const sample = { ...bounds, whole: counted, others: new Set<string>() };
  rings.add({ ...sample, tenants: new Map([["shop", counted]]) }, 1_000_000 + step * STEP_MS);
}
const lastMinute = async () => {
  const whole = { requests: 30, errors: 0, scriptMs: 0, p50Ms: 4, p99Ms: 8 };
  return { seconds: 10, whole, tenants: new Map([["shop", whole]]) };
};
const seriesOf = seriesRoutes({ series: rings, lastMinute, others }, live);
const POINTS = {
  ...{ requests: [1, 2, 3], errors: [0, 1, 0], scriptMs: [5, 5, 5] },
  ...{ p50Ms: [null, 2, 9], p99Ms: [1, 2, 30] },
};
const MINUTE = { requests: 6, errors: 1, scriptMs: 15, p50Ms: 9, p99Ms: null };
// its clock is an hour ahead
const THEIRS = { stepMs: STEP_MS, toMs: 4_600_000, points: POINTS };
answers.set("/v1/series?span=30m", {
  ...THEIRS,
  minute: { ...MINUTE, seconds: 60 },
  tenants: ["blog", "shop"].map((name) => ({ tenant: name, ...MINUTE })),
});

test("series are added up from their ends, with the longest times and who is missing", async () => {
  const all = await ask(seriesOf, "/v1/series", "/v1/series?nodes=all");
  const { toMs, points, minute, tenants, nodes } = all;
  assert.deepEqual(points?.requests, [1, 12, 23]);
  assert.deepEqual(points?.errors, [0, 1, 0]);
  assert.deepEqual(points?.p50Ms, [null, 4, 9]);
  assert.deepEqual(listOf(points?.p99Ms).at(-1), 30);
  assert.equal(toMs, 1_010_000);
  const sums = { requests: 36, errors: 1, scriptMs: 15, p50Ms: 9, p99Ms: 8, seconds: 60 };
  assert.deepEqual(minute, sums);
  assert.deepEqual(
    listOf(tenants).map(({ tenant, requests, p50Ms }) => [tenant, requests, p50Ms]),
    [
      ["shop", 36, 9],
      ["blog", 6, 9],
    ],
  );
  assert.deepEqual(nodes, NODES);
  assert.deepEqual(
    [...bearers],
    [`Bearer ${TOKEN}`],
    "a page's session is asked for with its token",
  );
});

test("one that was chosen answers alone, and is named if it does not", async () => {
  const asked = (nodes: string) => ask(seriesOf, "/v1/series", `/v1/series?nodes=${nodes}`);
  const other = await asked(OTHER);
  assert.deepEqual([other.points, other.toMs], [POINTS, THEIRS.toMs]);
  assert.deepEqual(other.nodes, [NODES[1]]);
  const own = await asked(OWN);
  assert.deepEqual([own.points?.requests, own.nodes], [[0, 10, 20], [NODES[0]]]);
  assert.equal("nodes" in (await asked("this")), false);
  const silent = /No proxy that was asked answers: edge-3: it has not reported/;
  await assert.rejects(asked(SILENT), { status: 502, message: silent });
  await assert.rejects(asked(NONE), { status: 404, message: /There is no proxy/ });
  await assert.rejects(asked("edge-2"), { status: 422, message: /the id of a proxy/ });
});

test("whoever is alone answers for all, and knows no other", async () => {
  const alone = seriesRoutes({ series: rings, lastMinute, others: null }, live);
  const own = await ask(alone, "/v1/series", "/v1/series?nodes=all");
  assert.deepEqual([own.points?.requests, "nodes" in own], [[0, 10, 20], false]);
  const named = ask(alone, "/v1/series", `/v1/series?nodes=${OTHER}`);
  await assert.rejects(named, { status: 404 });
});

test("steps of another length are none that can be added up", async () => {
  answers.set("/v1/tenants/shop/series?span=30m", { ...THEIRS, stepMs: 10_000 });
  const path = "/v1/tenants/{tenant}/series";
  const { points, nodes } = await ask(seriesOf, path, "/v1/tenants/shop/series?nodes=all");
  assert.deepEqual(points?.requests, [0, 10, 20]);
  assert.equal(listOf(nodes)[1]?.reason, "its answer is another one than expected");
});

test("sums are as long as those of one proxy, however much another one says", () => {
  const of = (count: number): Series => {
    const counts = Array.from({ length: count }, (_, at) => at);
    const times = { p50Ms: counts, p99Ms: counts };
    const points = { requests: counts, errors: counts, scriptMs: counts, ...times };
    return { stepMs: STEP_MS, toMs: 1, points };
  };
  const { points } = seriesOfNodes([of(2), of(9_999)]);
  for (const values of Object.values(points)) {
    assert.equal(values.length, LIMITS.seriesLongSteps);
    assert.ok((values.at(-1) ?? 0) >= 9_998);
  }
  const minutes = Array.from({ length: 900 }, (_, at) => {
    return { ...MINUTE, tenant: `t${at}`, requests: at };
  });
  const [first, ...more] = minutesOfNodes([minutes, minutes]);
  assert.deepEqual([first?.requests, more.length + 1], [1_798, LIMITS.seriesTenants]);
});

test("versions are side by side as all proxies saw them", async () => {
  const figure = { version: 7, requests: 10, errors: 1, scriptFailures: 0, p50Ms: 3, p99Ms: 40 };
  answers.set("/v1/tenants/shop/versions/stats", {
    windowMs: 600_000,
    versions: [figure, { ...figure, version: 8, p50Ms: null }],
  });
  const versionFigures = () => [{ ...figure, requests: 5, p99Ms: 90 }];
  const routes = versionStatsRoutes({ live, versionFigures, others });
  const path = "/v1/tenants/{tenant}/versions/stats";
  const { versions } = await ask(routes, path, "/v1/tenants/shop/versions/stats?nodes=all");
  assert.deepEqual(versions, [
    { ...figure, requests: 15, errors: 2, p99Ms: 90 },
    { ...figure, version: 8, p50Ms: null },
  ]);
});

test("a request is found where it was kept, and the newest of all are listed", async () => {
  const line = { status: 500 };
  const kept = (id: string, startMs: number) => ({ id, startMs, durationMs: 1 });
  const own = {
    ...{ ...kept("own", 20), tenant: "shop", traceId: null },
    ...{ line: JSON.stringify(line), spans: [] },
  };
  const theirs = { ...kept("theirs", 30), line };
  answers.set("/v1/tenants/shop/requests?limit=2", {
    requests: [theirs, { ...theirs, startMs: 1 }],
  });
  answers.set("/v1/tenants/shop/requests/theirs", { ...theirs, spans: [], capture: "c1" });
  answers.set("/v1/requests/theirs", { tenant: "shop", id: "theirs" });
  const find = async (_tenant: string | null, id: string) => (id === "own" ? own : null);
  const routes = requestRoutes({ kept: { of: async () => [own], find }, others }, live, null);
  const newest = await ask(
    routes,
    "/v1/tenants/{tenant}/requests",
    "/v1/tenants/shop/requests?limit=2&nodes=all",
  );
  assert.deepEqual(
    listOf(newest.requests).map(({ id, node: at }) => [id, at]),
    [
      ["theirs", "edge-2"],
      ["own", "edge-1"],
    ],
  );
  const detail = (id: string) =>
    ask(routes, "/v1/tenants/{tenant}/requests/{id}", `/v1/tenants/shop/requests/${id}?nodes=all`);
  assert.equal("node" in (await detail("own")), false);
  // it is captured there, and can be replayed there alone
  assert.partialDeepStrictEqual(await detail("theirs"), { node: "edge-2", capture: null });
  const owner = await ask(routes, "/v1/requests/{id}", "/v1/requests/theirs?nodes=all");
  assert.deepEqual(owner, { tenant: "shop", id: "theirs" });
  const message = "This request is not kept, or not any more; without an answer of edge-3.";
  await assert.rejects(detail("gone"), { status: 404, message });
  const path = "/v1/requests/{id}";
  const at = (nodes: string) => ask(routes, path, `/v1/requests/theirs?nodes=${nodes}`);
  assert.equal((await at(OTHER)).id, "theirs");
  await assert.rejects(at(OWN), { status: 404, message: /^This request is not kept/ });
  await assert.rejects(at(NONE), { status: 404, message: /^There is no proxy/ });
  await assert.rejects(at(SILENT), { status: 502, message: /edge-3: it has not reported/ });
  const alone = requestRoutes({ kept: { of: async () => [], find }, others: null }, live, null);
  for (const [nodes, expected] of [
    ["all", /^This request/],
    [OTHER, /^There is no proxy/],
  ] as const) {
    const asked = ask(alone, path, `/v1/requests/theirs?nodes=${nodes}`);
    await assert.rejects(asked, { status: 404, message: expected });
  }
});

test("a session's token is kept under a key that the proxy does not keep", () => {
  const sealed = sealToken(TOKEN, "key of the page");
  assert.equal(openToken(sealed, "key of the page"), TOKEN);
  assert.ok(!sealed.toString("latin1").includes(TOKEN));
  assert.throws(() => openToken(sealed, "another key"));
});

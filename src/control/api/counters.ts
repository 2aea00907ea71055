// Counters of a tenant: read as they are now, and set.

import * as z from "zod";
import { checked, mapping } from "../../base/config/fields.ts";
import { ownerTitle } from "../../base/config/operator.ts";
import { TENANT_LIMITS } from "../../base/config/tenant-limits.ts";
import type { ScopedCounter } from "../counters-access.ts";
import { expectTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, owner, route } from "./route.ts";
import { listingRoute } from "./setting-routes.ts";

type Parts = Pick<ApiParts, "store" | "file" | "live" | "counters">;

const COUNTER = z.object({
  name: z.string(),
  value: z.union([z.int(), z.string()]).describe("Text if it is past 2^53 - 1."),
  scope: z
    .enum(["node", "cluster"])
    .describe("For whom it counts: this proxy, or all that share a PostgreSQL."),
});
const COUNTERS_PATH = "/v1/tenants/{tenant}/counters";
const SCRIPT_NAME = /^[!-~]{1,128}$/;

export const counterRoutes = (parts: Parts): readonly AdminRoute[] => [
  listingRoute(parts, {
    path: COUNTERS_PATH,
    summary: "All counters of a tenant, as they are now",
    description: "All.",
    schema: z.object({ counters: z.array(COUNTER) }),
    read: async (_name, id) => ({ counters: shownOf(parts.counters.of(id)) }),
  }),
  putRoute(parts),
  deleteRoute(parts),
];

const counterParams = () =>
  mapping({
    tenant: owner(),
    name: checked({
      expected: "1 to 128 printable ASCII characters",
      pattern: SCRIPT_NAME,
      isValid: (value) => SCRIPT_NAME.test(value),
    }),
  });

const putRoute = ({ store, file, live, counters }: Parts): AdminRoute =>
  route({
    method: "PUT",
    path: `${COUNTERS_PATH}/{name}`,
    access: "deployer",
    summary: "Set a counter",
    params: counterParams(),
    query: NOTHING,
    body: mapping({ value: z.int("an integer up to 2^53 - 1") }),
    answers: { 200: json("The counter.", COUNTER) },
    problems: { 404: "There is no such tenant.", 409: "There is no room for more counters." },
  }).handle(async ({ params: { tenant, name }, body: { value }, caller }) => {
    const id = await expectTenant({ store, file }, tenant);
    const most = limitOf(live, tenant);
    const others = counters.of(id).filter((counter) => counter.name !== name);
    if (others.length >= most) {
      const detail = `${ownerTitle(tenant)} has ${others.length} counters of at most ${most}`;
      throw new ApiError(409, `${detail} (limits.counters).`);
    }
    const entry = { tenant, target: `counter ${name}`, detail: { value } };
    const audit = auditOf(caller, "counter.put", entry);
    if (!(await counters.set({ tenant: id, name, value: BigInt(value) }, audit))) {
      throw new ApiError(409, "There is no room for more counters.");
    }
    const scope = counters.of(id).find((one) => one.name === name)?.scope ?? "node";
    return { status: 200, body: { name, value, scope } };
  });

const deleteRoute = ({ store, file, counters }: Parts): AdminRoute =>
  route({
    method: "DELETE",
    path: `${COUNTERS_PATH}/{name}`,
    access: "deployer",
    summary: "Delete a counter",
    description:
      "Makes room for another name. A script that has it and runs counts on, from 0. One of " +
      "scope cluster keeps its name, and is 0 at all proxies.",
    params: counterParams(),
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It counts nothing any more.") },
    problems: { 404: "There is no such tenant or counter." },
  }).handle(async ({ params: { tenant, name }, caller }) => {
    const id = await expectTenant({ store, file }, tenant);
    const counter = counters.of(id).find((one) => one.name === name);
    if (counter === undefined) throw noCounter();
    const detail = { value: shown(counter.value) };
    const entry = { tenant, target: `counter ${name}`, detail };
    const audit = auditOf(caller, "counter.delete", entry);
    if (!(await counters.delete({ tenant: id, name }, audit))) throw noCounter();
    return { status: 204 };
  });

const noCounter = (): ApiError => new ApiError(404, "There is no such counter.");

/** There is one table for all tenants' counters: none may fill it by hand either. */
const limitOf = (live: Parts["live"], tenant: string): number =>
  live.tenants().find(({ config }) => config.name === tenant)?.config.limits.counters ??
  TENANT_LIMITS.counters.default;

const shownOf = (counters: readonly ScopedCounter[]) =>
  counters
    .map(({ name, value, scope }) => ({ name, value: shown(value), scope }))
    .sort((one, two) => (one.name < two.name ? -1 : 1));

/** As a number where one holds it exactly. */
function shown(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

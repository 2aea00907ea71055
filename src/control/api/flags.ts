// Flags of a tenant: JSON values that its script reads, changed without a deployment.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { fieldsError } from "./input.ts";
import { expectTenant } from "./known-tenant.ts";
import { auditOf } from "./parts.ts";
import { type AdminRoute, json, NOTHING, route } from "./route.ts";
import {
  deletionRoute,
  expectRoom,
  listingRoute,
  NAMED,
  type SettingParts,
} from "./setting-routes.ts";

/** Any JSON: what comes in was parsed as that, and it goes out as it came. */
const VALUE = z.unknown().refine((value) => value !== undefined, "JSON");

const FLAG = z.object({
  name: z.string(),
  value: VALUE,
  changedAtMs: z.int().describe("Milliseconds since 1970."),
});
const FLAGS_PATH = "/v1/tenants/{tenant}/flags";
const FLAG_PATH = `${FLAGS_PATH}/{name}`;

export const flagRoutes = (parts: SettingParts): readonly AdminRoute[] => [
  listingRoute(parts, {
    path: FLAGS_PATH,
    summary: "All flags of a tenant",
    description: "All, by name.",
    schema: z.object({ flags: z.array(FLAG).readonly() }),
    read: async (tenant) => ({ flags: await parts.store.flags(tenant) }),
  }),
  putRoute(parts),
  deletionRoute(parts, {
    noun: "flag",
    path: FLAG_PATH,
    summary: "Delete a flag: scripts get their fallback",
    remove: (...which) => parts.store.deleteFlag(...which),
  }),
];

const putRoute = ({ store, file, settings }: SettingParts): AdminRoute =>
  route({
    method: "PUT",
    path: FLAG_PATH,
    access: "deployer",
    summary: "Set a flag: every isolate has it in its next turn",
    params: NAMED,
    query: NOTHING,
    body: mapping({ value: VALUE }),
    answers: { 200: json("The flag.", FLAG) },
    problems: { 404: "There is no such tenant.", 409: "The tenant has as many as it may have." },
  }).handle(async ({ params: { tenant, name }, body: { value }, caller }) => {
    await expectTenant({ store, file }, tenant);
    const chars = JSON.stringify(value).length;
    if (chars > LIMITS.flagChars) {
      const text = `expected at most ${LIMITS.flagChars} characters as JSON, got ${chars}`;
      throw fieldsError([{ field: "value", text }]);
    }
    const room = { tenant, what: "flags", max: LIMITS.tenantFlags } as const;
    expectRoom(name, await store.flags(tenant), room);
    const audit = { tenant, target: `flag ${name}`, detail: { value } };
    const line = auditOf(caller, "flag.put", audit);
    const { made, revision } = await store.putFlag(tenant, { name, value }, line);
    await settings.changed(tenant, revision);
    return { status: 200, body: { name, value, changedAtMs: made.changedAtMs } };
  });

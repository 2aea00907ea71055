// Secrets of a tenant: written, listed by name, deleted. No answer ever holds a value.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
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

const SECRET = z.object({
  name: z.string(),
  changedAtMs: z.int().describe("Milliseconds since 1970."),
});
const SECRETS_PATH = "/v1/tenants/{tenant}/secrets";
const SECRET_PATH = `${SECRETS_PATH}/{name}`;
const VALUE = `a string of 1 to ${LIMITS.secretChars} characters`;

export const secretRoutes = (parts: SettingParts): readonly AdminRoute[] => [
  listingRoute(parts, {
    path: SECRETS_PATH,
    summary: "Names of all secrets of a tenant",
    description: "All, by name.",
    schema: z.object({ secrets: z.array(SECRET).readonly() }),
    read: async (tenant) => ({ secrets: await parts.store.secrets(tenant) }),
  }),
  putRoute(parts),
  deletionRoute(parts, {
    noun: "secret",
    path: SECRET_PATH,
    summary: "Delete a secret: scripts that read it fail",
    remove: (...which) => parts.store.deleteSecret(...which),
  }),
];

const putRoute = ({ store, file, settings }: SettingParts): AdminRoute =>
  route({
    method: "PUT",
    path: SECRET_PATH,
    access: "deployer",
    summary: "Set a secret: every isolate has it in its next turn",
    params: NAMED,
    query: NOTHING,
    body: mapping({ value: z.string(VALUE).min(1, VALUE).max(LIMITS.secretChars, VALUE) }),
    answers: { 200: json("Its name; never its value.", SECRET) },
    problems: {
      404: "There is no such tenant.",
      409: "The tenant has as many as it may have.",
      503: "The proxy has no key to encrypt it with.",
    },
  }).handle(async ({ params: { tenant, name }, body: { value }, caller }) => {
    await expectTenant({ store, file }, tenant);
    const room = { tenant, what: "secrets", max: LIMITS.tenantSecrets } as const;
    expectRoom(name, await store.secrets(tenant), room);
    const audit = auditOf(caller, "secret.put", { tenant, target: `secret ${name}`, detail: {} });
    const { made, revision } = await store.putSecret(tenant, { name, value }, audit);
    await settings.changed(tenant, revision);
    return { status: 200, body: made };
  });

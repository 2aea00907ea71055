// Secrets of a tenant: written, listed by name, deleted. No answer ever holds a value.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { expectTenant } from "./known-tenant.ts";
import { auditOf } from "./parts.ts";
import { json, NO_BODY, NOTHING, type Route, route } from "./route.ts";
import {
  deletionRoute,
  expectRoom,
  NAMED,
  OF_TENANT,
  type SettingParts,
} from "./setting-routes.ts";

const SECRET = z.object({
  name: z.string(),
  changedAtMs: z.int().describe("Milliseconds since 1970."),
});
const SECRETS_PATH = "/v1/tenants/{tenant}/secrets";
const SECRET_PATH = `${SECRETS_PATH}/{name}`;
const VALUE = `a string of 1 to ${LIMITS.secretChars} characters`;

export const secretRoutes = (parts: SettingParts): readonly Route[] => [
  listRoute(parts),
  putRoute(parts),
  deletionRoute(parts, {
    noun: "secret",
    path: SECRET_PATH,
    summary: "Delete a secret: scripts that read it fail",
    remove: (...which) => parts.store.deleteSecret(...which),
  }),
];

const listRoute = ({ store, file }: SettingParts): Route =>
  route({
    method: "GET",
    path: SECRETS_PATH,
    access: "reader",
    summary: "Names of all secrets of a tenant",
    params: OF_TENANT,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("All, by name.", z.object({ secrets: z.array(SECRET).readonly() })) },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params }) => {
    await expectTenant({ store, file }, params.tenant);
    return { status: 200, body: { secrets: await store.secrets(params.tenant) } };
  });

const putRoute = ({ store, file, settings }: SettingParts): Route =>
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
    const secret = await store.putSecret(tenant, { name, value }, audit);
    await settings.changed(tenant);
    return { status: 200, body: secret };
  });

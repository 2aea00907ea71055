// Secrets of a tenant: written, listed by name, deleted. No answer ever holds a value.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { expectTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { empty, json, NO_BODY, NOTHING, name, type Route, route } from "./route.ts";

type Parts = Pick<ApiParts, "store" | "file" | "settings">;

const SECRET = z.object({
  name: z.string(),
  changedAtMs: z.int().describe("Milliseconds since 1970."),
});
const SECRETS_PATH = "/v1/tenants/{tenant}/secrets";
const SECRET_PATH = `${SECRETS_PATH}/{name}`;
const TENANT = mapping({ tenant: name() });
const TENANT_AND_NAME = mapping({ tenant: name(), name: name() });
const VALUE = `a string of 1 to ${LIMITS.secretChars} characters`;

export const secretRoutes = (parts: Parts): readonly Route[] => [
  listRoute(parts),
  putRoute(parts),
  deleteRoute(parts),
];

const listRoute = ({ store, file }: Parts): Route =>
  route({
    method: "GET",
    path: SECRETS_PATH,
    access: "reader",
    summary: "Names of all secrets of a tenant",
    params: TENANT,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("All, by name.", z.object({ secrets: z.array(SECRET).readonly() })) },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params }) => {
    await expectTenant({ store, file }, params.tenant);
    return { status: 200, body: { secrets: await store.secrets(params.tenant) } };
  });

const putRoute = ({ store, file, settings }: Parts): Route =>
  route({
    method: "PUT",
    path: SECRET_PATH,
    access: "deployer",
    summary: "Set a secret: every isolate has it in its next turn",
    params: TENANT_AND_NAME,
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
    const others = (await store.secrets(tenant)).filter((secret) => secret.name !== name);
    if (others.length >= LIMITS.tenantSecrets) {
      throw new ApiError(409, `Tenant ${tenant} has ${others.length} secrets: delete some first.`);
    }
    const audit = auditOf(caller, "secret.put", { tenant, target: `secret ${name}`, detail: {} });
    const secret = await store.putSecret(tenant, { name, value }, audit);
    await settings.changed(tenant);
    return { status: 200, body: secret };
  });

const deleteRoute = ({ store, settings }: Parts): Route =>
  route({
    method: "DELETE",
    path: SECRET_PATH,
    access: "deployer",
    summary: "Delete a secret: scripts that read it fail",
    params: TENANT_AND_NAME,
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It is gone.") },
    problems: { 404: "There is no such tenant or secret." },
  }).handle(async ({ params: { tenant, name }, caller }) => {
    const audit = { tenant, target: `secret ${name}`, detail: {} };
    await store.deleteSecret(tenant, name, auditOf(caller, "secret.delete", audit));
    await settings.changed(tenant);
    return { status: 204 };
  });

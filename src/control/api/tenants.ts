// Tenants: shown, made, changed and removed. A change is live on every worker when it is answered.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { NoTenant } from "./no-tenant.ts";
import type { ApiParts } from "./parts.ts";
import { etagOf, expectRevision, isUnchanged } from "./preconditions.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, name, route } from "./route.ts";
import {
  fileAnswer,
  settingsInFile,
  storedAnswer,
  TENANT,
  TENANT_BODY,
  TENANT_LINE,
  type TenantAnswer,
  withState,
} from "./tenant-answers.ts";
import { type ChangeParts, changeTenants } from "./tenant-changes.ts";

type Parts = ChangeParts & Pick<ApiParts, "breakerOf">;

export const tenantRoutes = (parts: Parts): readonly AdminRoute[] => [
  listRoute(parts),
  getRoute(parts),
  putRoute(parts),
  deleteRoute(parts),
];

const PATH = "/v1/tenants/{tenant}";
const PARAMS = mapping({ tenant: name() });

const listRoute = (parts: Parts): AdminRoute =>
  route({
    method: "GET",
    path: "/v1/tenants",
    access: "operator",
    summary: "All tenants by name",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("All.", z.object({ tenants: z.array(TENANT_LINE) })) },
  }).handle(async ({ caller }) => {
    const inFile = parts.file.settings();
    const stored = (await parts.store.tenants()).filter(({ name }) => !Object.hasOwn(inFile, name));
    const all = [
      ...Object.entries(inFile).map(([name, settings]) => fileAnswer(name, settings, caller)),
      ...stored.map(storedAnswer),
    ];
    const answers = await Promise.all(all.map((one) => withState(parts, one)));
    const tenants = answers.map(lineOf).sort((one, two) => (one.name < two.name ? -1 : 1));
    return { status: 200, body: { tenants } };
  });

function lineOf({ name, origin, revision, suspended, settings, state, reason }: TenantAnswer) {
  const hosts: readonly unknown[] = Array.isArray(settings.hosts) ? settings.hosts : [];
  return { name, origin, revision, suspended, state, reason, hosts: hosts.map(String) };
}

const getRoute = (parts: Parts): AdminRoute =>
  route({
    method: "GET",
    path: PATH,
    access: "reader",
    summary: "A tenant",
    params: PARAMS,
    query: NOTHING,
    body: NO_BODY,
    answers: {
      200: json("With its ETag, unless it is in the file.", TENANT),
      304: empty("It is the one of If-None-Match."),
    },
  }).handle(async ({ params, headers, caller }) => {
    const settings = settingsInFile(parts.file, params.tenant);
    if (settings !== null) {
      const shown = fileAnswer(params.tenant, settings, caller);
      return { status: 200, body: await withState(parts, shown) };
    }
    const stored = await parts.store.tenant(params.tenant);
    if (stored === null) throw new NoTenant(params.tenant);
    const etag = { ETag: etagOf(stored.revision) };
    if (isUnchanged(headers, stored.revision)) return { status: 304, headers: etag };
    return { status: 200, headers: etag, body: await withState(parts, storedAnswer(stored)) };
  });

const putRoute = (parts: Parts): AdminRoute =>
  route({
    method: "PUT",
    path: PATH,
    access: "operator",
    summary: "Make a tenant or replace its settings",
    description:
      "The keys of a tenant in sluice.yaml as JSON, but `script`, which is uploaded, and files. " +
      "`If-None-Match: *` makes a new one only; `If-Match` changes only what its maker has seen.",
    params: PARAMS,
    query: NOTHING,
    body: TENANT_BODY,
    answers: {
      200: json("Every worker serves it.", TENANT),
      201: json("Every worker serves it, and it is new.", TENANT),
    },
    problems: CHANGE_PROBLEMS,
  }).handle(async ({ params, body, headers, caller }) => {
    const expect = (revision: number | null): void => expectRevision(headers, revision);
    const wish = { name: params.tenant, goes: false, settings: body, expect };
    const [made] = await changeTenants(parts, [wish], { caller, isDryRun: false, isOne: true });
    const { stored = null, does } = made ?? {};
    if (stored === null) throw new TypeError("a tenant that was put is stored");
    const shown = await withState(parts, storedAnswer(stored));
    const answer = { headers: { ETag: etagOf(stored.revision) }, body: shown };
    return does === "create" ? { status: 201, ...answer } : { status: 200, ...answer };
  });

const CHANGE_PROBLEMS = {
  409: "The tenant is in the file, or a host is another tenant's.",
  412: "If-Match or If-None-Match does not hold.",
  504: "A worker did not become ready in time: nothing changed.",
};

const deleteRoute = (parts: ChangeParts): AdminRoute =>
  route({
    method: "DELETE",
    path: PATH,
    access: "operator",
    summary: "Remove a tenant with all that it has",
    description:
      "Also what is left of one that the file named: another of that name has nothing of it.",
    params: PARAMS,
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("No worker serves it any more.") },
    problems: { ...CHANGE_PROBLEMS, 404: "There is no such tenant.", 409: "It is in the file." },
  }).handle(async ({ params, headers, caller }) => {
    const expect = (revision: number | null): void => expectRevision(headers, revision);
    const wish = { name: params.tenant, goes: true, settings: null, expect };
    await changeTenants(parts, [wish], { caller, isDryRun: false, isOne: true });
    return { status: 204 };
  });

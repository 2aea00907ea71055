// Tenants: shown, made, changed and removed. A change is live on every worker when it is answered.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { formatPath } from "../../base/config/problems.ts";
import { parseTenant } from "../../base/config/tenant.ts";
import type { LimitCaps } from "../../base/config/tenant-limits.ts";
import type { TenantConfig } from "../../base/config/types.ts";
import { claimedHosts } from "../host-claims.ts";
import type { LiveTenant } from "../live.ts";
import type { StoredTenant } from "../store/store.ts";
import { expectLive } from "./go-live.ts";
import { fieldsError } from "./input.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { etagOf, expectRevision, isUnchanged } from "./preconditions.ts";
import { ApiError } from "./problem.ts";
import { type Caller, empty, json, NO_BODY, NOTHING, name, type Route, route } from "./route.ts";
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

type Parts = Pick<ApiParts, "store" | "live" | "file" | "caps" | "settings" | "counters">;

export const tenantRoutes = (parts: Parts): readonly Route[] => [
  listRoute(parts),
  getRoute(parts),
  putRoute(parts),
  deleteRoute(parts),
];

const PATH = "/v1/tenants/{tenant}";
const PARAMS = mapping({ tenant: name() });

const listRoute = ({ store, file }: Parts): Route =>
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
    const inFile = file.settings();
    const stored = (await store.tenants()).filter(({ name }) => !Object.hasOwn(inFile, name));
    const all = [
      ...Object.entries(inFile).map(([name, settings]) => fileAnswer(name, settings, caller)),
      ...stored.map(storedAnswer),
    ];
    const answers = await Promise.all(all.map((one) => withState(store, one)));
    const tenants = answers.map(lineOf).sort((one, two) => (one.name < two.name ? -1 : 1));
    return { status: 200, body: { tenants } };
  });

function lineOf({ name, origin, revision, suspended, settings }: TenantAnswer) {
  const hosts: readonly unknown[] = Array.isArray(settings.hosts) ? settings.hosts : [];
  return { name, origin, revision, suspended, hosts: hosts.map(String) };
}

const getRoute = ({ store, file }: Parts): Route =>
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
    const settings = settingsInFile(file, params.tenant);
    if (settings !== null) {
      const shown = fileAnswer(params.tenant, settings, caller);
      return { status: 200, body: await withState(store, shown) };
    }
    const stored = await store.tenant(params.tenant);
    if (stored === null) throw noTenant();
    const etag = { ETag: etagOf(stored.revision) };
    if (isUnchanged(headers, stored.revision)) return { status: 304, headers: etag };
    return { status: 200, headers: etag, body: await withState(store, storedAnswer(stored)) };
  });

const putRoute = (parts: Parts): Route =>
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
    const { stored, isNew } = await put(parts, { name: params.tenant, body, headers, caller });
    const shown = await withState(parts.store, storedAnswer(stored));
    const answer = { headers: { ETag: etagOf(stored.revision) }, body: shown };
    return isNew ? { status: 201, ...answer } : { status: 200, ...answer };
  });

const CHANGE_PROBLEMS = {
  409: "The tenant is in the file, or a host is another tenant's.",
  412: "If-Match or If-None-Match does not hold.",
  504: "A worker did not become ready in time: nothing changed.",
};

interface Put {
  readonly name: string;
  readonly body: unknown;
  readonly headers: Headers;
  readonly caller: Caller;
}

async function put({ store, live, file, caps }: Parts, { name, body, headers, caller }: Put) {
  const { config, settings } = checked(name, body, caps());
  const { promise, resolve } = Promise.withResolvers<{ stored: StoredTenant; isNew: boolean }>();
  let revision = 0;
  const result = await live.apply({
    tenant: name,
    plan: async (tenants) => {
      refuseFile(file, name);
      const before = await store.tenant(name);
      expectRevision(headers, before?.revision ?? null);
      refuseClaimed(config, tenants);
      revision = before?.revision ?? 0;
      return config;
    },
    write: async () => {
      const detail = { keys: Object.keys(settings), hosts: config.hosts, from: revision };
      const audit = auditOf(caller, "tenant.put", {
        tenant: name,
        target: `tenant ${name}`,
        detail,
      });
      const stored = await store.putTenant({ name, settings }, revision, audit);
      resolve({ stored, isNew: revision === 0 });
    },
  });
  expectLive(result);
  return await promise;
}

function checked(name: string, body: unknown, caps: LimitCaps) {
  const result = parseTenant(name, body, { caps, isStored: false });
  if ("mistakes" in result) {
    throw fieldsError(result.mistakes.map(({ path, text }) => ({ field: formatPath(path), text })));
  }
  const settings = Object.fromEntries(Object.entries(Object(body)));
  return { config: result.config, settings };
}

const deleteRoute = ({ store, live, file, settings, counters }: Parts): Route =>
  route({
    method: "DELETE",
    path: PATH,
    access: "operator",
    summary: "Remove a tenant with all that it has",
    params: PARAMS,
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("No worker serves it any more.") },
    problems: { ...CHANGE_PROBLEMS, 404: "There is no such tenant.", 409: "It is in the file." },
  }).handle(async ({ params, headers, caller }) => {
    const { tenant } = params;
    let revision = 0;
    const result = await live.apply({
      tenant,
      plan: async () => {
        refuseFile(file, tenant);
        const before = await store.tenant(tenant);
        if (before === null) throw noTenant();
        expectRevision(headers, before.revision);
        revision = before.revision;
        return null;
      },
      write: async () => {
        const entry = { tenant, target: `tenant ${tenant}`, detail: { revision } };
        await store.deleteTenant(tenant, revision, auditOf(caller, "tenant.delete", entry));
        counters.forget(tenant);
      },
    });
    expectLive(result);
    await settings.changed(tenant);
    return { status: 204 };
  });

const noTenant = (): ApiError => new ApiError(404, "There is no such tenant.");

function refuseFile(file: Parts["file"], name: string): void {
  if (settingsInFile(file, name) === null) return;
  const where = file.path ?? "the configuration";
  throw new ApiError(409, `Tenant ${name} has its settings in ${where}: change them there.`);
}

function refuseClaimed(config: TenantConfig, tenants: readonly LiveTenant[]): void {
  const claimed = claimedHosts(
    config,
    tenants.map((tenant) => tenant.config),
  );
  if (claimed.length === 0) return;
  const errors = claimed.map(({ host, index, owner }) => ({
    field: `hosts[${index}]`,
    text: `expected a host of its own, got ${host}, which is tenant ${owner}'s`,
  }));
  const hosts = claimed.map(({ host }) => host).join(", ");
  throw new ApiError(409, `Another tenant has ${hosts}.`, { errors });
}

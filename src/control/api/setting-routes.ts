// What the routes of flags and of secrets have in common: names, a bound on their number,
// deletion.

import type * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { ownerTitle } from "../../base/config/operator.ts";
import type { AuditEntry } from "../store/store.ts";
import { expectTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, name, owner, route } from "./route.ts";

export type SettingParts = Pick<ApiParts, "store" | "file" | "settings">;

export const OF_TENANT = mapping({ tenant: owner() });
export const NAMED = mapping({ tenant: owner(), name: name() });

interface Listing<S extends z.ZodType> {
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly schema: S;
  /** @param id  of the tenant */
  readonly read: (tenant: string, id: string) => Promise<z.input<S>>;
}

/** All of a kind that a tenant has. */
export const listingRoute = <S extends z.ZodType>(
  parts: Pick<ApiParts, "store" | "file">,
  { path, summary, description, schema, read }: Listing<S>,
): AdminRoute =>
  route({
    method: "GET",
    path,
    access: "reader",
    summary,
    params: OF_TENANT,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json(description, schema) },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params: { tenant } }) => {
    const id = await expectTenant(parts, tenant);
    return { status: 200, body: await read(tenant, id) };
  });

interface Deletion {
  readonly noun: "flag" | "secret";
  readonly path: string;
  readonly summary: string;
  /** Rejects with a StoreError if it is not there. Resolves to the store's revision. */
  readonly remove: (tenant: string, name: string, audit: AuditEntry) => Promise<number>;
}

export const deletionRoute = (
  { settings, ...parts }: SettingParts,
  { noun, path, summary, remove }: Deletion,
): AdminRoute =>
  route({
    method: "DELETE",
    path,
    access: "deployer",
    summary,
    params: NAMED,
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It is gone.") },
    problems: { 404: `There is no such tenant or ${noun}.` },
  }).handle(async ({ params: { tenant, name }, caller }) => {
    await expectTenant(parts, tenant);
    const audit = { tenant, target: `${noun} ${name}`, detail: {} };
    const revision = await remove(tenant, name, auditOf(caller, `${noun}.delete`, audit));
    await settings.changed(tenant, revision);
    return { status: 204 };
  });

interface Room {
  readonly tenant: string;
  readonly what: "flags" | "secrets" | "certificates";
  readonly max: number;
}

/** Throws if there is none for this one beside the others. */
export function expectRoom(
  name: string,
  all: readonly { readonly name: string }[],
  { tenant, what, max }: Room,
): void {
  const others = all.filter((one) => one.name !== name).length;
  if (others < max) return;
  throw new ApiError(409, `${ownerTitle(tenant)} has ${others} ${what}: delete some first.`);
}

// Takes a tenant out of service and back. The change is live on every worker when it is answered.
// It outlives reloads and restarts, also for a tenant of the file.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import { expectLive } from "./go-live.ts";
import { NoTenant } from "./no-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { type AdminRoute, type Caller, json, NO_BODY, NOTHING, name, route } from "./route.ts";

type Parts = Pick<ApiParts, "store" | "live">;

const PARAMS = mapping({ tenant: name() });
const ANSWER = z.object({ tenant: z.string(), suspended: z.boolean() });
const PROBLEMS = { 504: "A worker did not become ready in time: nothing changed." };

const CHANGES = [
  {
    verb: "suspend",
    isSuspended: true,
    summary: "Answer every request of a tenant with 503, suspended",
    done: "No worker serves it.",
  },
  {
    verb: "resume",
    isSuspended: false,
    summary: "Serve a suspended tenant again",
    done: "Every worker serves it.",
  },
] as const;

export const suspensionRoutes = (parts: Parts): readonly AdminRoute[] =>
  CHANGES.map(({ verb, isSuspended, summary, done }) =>
    route({
      method: "POST",
      path: `/v1/tenants/{tenant}/${verb}`,
      access: "operator",
      summary,
      params: PARAMS,
      query: NOTHING,
      body: NO_BODY,
      answers: { 200: json(done, ANSWER) },
      problems: PROBLEMS,
    }).handle(async ({ params: { tenant }, caller }) => {
      await change(parts, { tenant, isSuspended, caller });
      return { status: 200, body: { tenant, suspended: isSuspended } };
    }),
  );

interface Change {
  readonly tenant: string;
  readonly isSuspended: boolean;
  readonly caller: Caller;
}

async function change({ store, live }: Parts, { tenant, isSuspended, caller }: Change) {
  const action = isSuspended ? "tenant.suspend" : "tenant.resume";
  const result = await live.apply({
    tenant,
    plan: async (tenants) => {
      const now = tenants.find(({ config }) => config.name === tenant);
      if (now === undefined) throw new NoTenant(tenant);
      return now.config;
    },
    scripts: async (now) => ({ ...now, isSuspended }),
    write: async () => {
      const entry = { tenant, target: `tenant ${tenant}`, detail: {} };
      return await store.setSuspended(tenant, isSuspended, auditOf(caller, action, entry));
    },
  });
  expectLive(result);
}

// A version that was taken out of service, by a rollback of its own or for what it did, is taken
// back: it may have traffic again, and if it has a share, it runs. So is a tenant whose processes
// died too often, whatever the version.

import type { Store } from "../store/store.ts";
import { DeployError } from "./deploy-error.ts";
import { historyOf } from "./history.ts";
import { type TrafficParts, tenantAmong } from "./traffic.ts";

export interface Enabling {
  readonly tenant: string;
  /** Null: the newest one that is disabled. */
  readonly version: number | null;
  readonly author: string;
}

/** Resolves to the version. Throws DeployError or StoreError. */
export async function enable(
  { store, live }: TrafficParts,
  { tenant, version: named, author }: Enabling,
): Promise<number> {
  tenantAmong(live.tenants(), tenant);
  const wasOut = live.enable(tenant);
  const version = named ?? (await newestDisabled(store, tenant));
  if (version === null) {
    if (wasOut) return await tookBack(store, { tenant, author });
    const message = "There is no version that is out of service.";
    throw new DeployError({ step: "traffic", fault: "missing" }, message);
  }
  const result = await live.apply({
    tenant,
    plan: async (tenants) => tenantAmong(tenants, tenant),
    scripts: async (now) => ({
      ...now,
      versions: now.versions.map((one) =>
        one.version === version ? { ...one, isDisabled: false } : one,
      ),
    }),
    async write() {
      const audit = {
        actor: author,
        action: "deployment.enable",
        tenant,
        target: `version ${version}`,
        detail: {},
      };
      await store.setDeploymentState({ tenant, version }, { state: "ready", reason: "" }, audit);
    },
  });
  if (result.ok) return version;
  const fault = result.isTimeout ? "timeout" : "refused";
  throw new DeployError({ step: "prepare", fault }, result.problems.join("\n"));
}

/** Resolves to the version that serves most of its clients; 0: the file's, without a history. */
async function tookBack(
  store: Store,
  { tenant, author }: Omit<Enabling, "version">,
): Promise<number> {
  const audit = { actor: author, action: "tenant.enable", tenant, target: "", detail: {} };
  await store.addAudit(audit);
  const shares = (await store.traffic(tenant))?.versions ?? [];
  return shares.toSorted((a, b) => b.percent - a.percent)[0]?.version ?? 0;
}

async function newestDisabled(store: Store, tenant: string): Promise<number | null> {
  for await (const { version, state } of historyOf(store, tenant)) {
    if (state === "disabled") return version;
  }
  return null;
}

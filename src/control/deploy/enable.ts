// A version that was taken out of service, by a rollback of its own or for what it did, is taken
// back: it may have traffic again, and if it has a share, it runs.

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
  const version = named ?? (await newestDisabled(store, tenant));
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

async function newestDisabled(store: Store, tenant: string): Promise<number> {
  for await (const { version, state } of historyOf(store, tenant)) {
    if (state === "disabled") return version;
  }
  const message = "There is no version that is out of service.";
  throw new DeployError({ step: "traffic", fault: "missing" }, message);
}

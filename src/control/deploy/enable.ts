// Takes back into service what is out of it. A version that was disabled or whose breaker is open
// begins anew, and if it has a share, it runs. A tenant whose processes died too often is tried
// again, whatever the version.

import type { BreakerState } from "../../base/breaker.ts";
import type { AuditEntry, Store } from "../store/store.ts";
import { DeployError, expectApplied } from "./deploy-error.ts";
import { historyOf } from "./history.ts";
import { neverLive, noVersion, type TrafficParts, tenantAmong } from "./traffic.ts";

export type BreakerOf = (tenant: string, version: number) => BreakerState;

export interface EnableParts extends TrafficParts {
  readonly breakerOf: BreakerOf;
}

export interface Enabling {
  readonly tenant: string;
  /** Null: the newest one that is out of service. */
  readonly version: number | null;
  readonly author: string;
}

/** Resolves to the version. Throws DeployError or StoreError. */
export async function enable(
  parts: EnableParts,
  { tenant, version: named, author }: Enabling,
): Promise<number> {
  const { store, live } = parts;
  tenantAmong(live.tenants(), tenant);
  const version = named ?? (await newestOut(parts, tenant));
  if (version !== null) await beginAnew(parts, { tenant, version, author });
  const wasOut = live.enable(tenant);
  if (version !== null) return version;
  if (wasOut) return await tookBack(store, { tenant, author });
  throw refused("missing", "There is no version that is out of service.");
}

type Named = Omit<Enabling, "version"> & { readonly version: number };

async function beginAnew({ store, live }: EnableParts, named: Named): Promise<void> {
  const { tenant, version } = named;
  const stored = await store.deployment(tenant, version);
  if (stored === null) throw noVersion(version);
  if (stored.state !== "ready" && stored.state !== "disabled") throw neverLive(stored);
  const result = await live.apply({
    tenant,
    plan: async (tenants) => tenantAmong(tenants, tenant),
    scripts: async (now) => ({
      ...now,
      versions: now.versions.map((one) =>
        one.version === version
          ? { ...one, isDisabled: false, reason: "", timesEnabled: one.timesEnabled + 1 }
          : one,
      ),
    }),
    write: async () => {
      const audit = auditOf(named, "deployment.enable", `version ${version}`);
      const ready = { state: "ready", reason: "" } as const;
      return await store.setDeploymentState({ tenant, version }, ready, audit);
    },
  });
  expectApplied(result);
}

/** Resolves to the version that serves most of its clients; 0: the file's, without a history. */
async function tookBack(store: Store, of: Omit<Enabling, "version">): Promise<number> {
  await store.addAudit(auditOf(of, "tenant.enable", ""));
  const shares = (await store.traffic(of.tenant))?.versions ?? [];
  return shares.toSorted((a, b) => b.percent - a.percent)[0]?.version ?? 0;
}

/** A version that is disabled comes before one that will be tried again by itself. */
async function newestOut({ store, live, breakerOf }: EnableParts, tenant: string) {
  for await (const { version, state } of historyOf(store, tenant)) {
    if (state === "disabled") return version;
  }
  const found = live.tenants().find(({ config }) => config.name === tenant);
  const out = (found?.scripts.versions ?? [])
    .filter((one) => one.isDisabled || breakerOf(tenant, one.version) !== "closed")
    .map(({ version }) => version);
  return out.length === 0 ? null : Math.max(...out);
}

const auditOf = (
  { tenant, author }: Omit<Enabling, "version">,
  action: string,
  target: string,
): AuditEntry => ({ actor: author, action, tenant, target, detail: {} });

const refused = (fault: "missing", message: string): DeployError =>
  new DeployError({ step: "traffic", fault }, message);

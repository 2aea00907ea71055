// Takes back a version that fails: its share goes to the old one, and it is marked as disabled,
// both in one change.

import type { AuditEntry, Fence } from "../store/store.ts";
import { DeployError } from "./deploy-error.ts";
import { withoutVersion } from "./shares.ts";
import { rollbackTarget, setTrafficOf, type Traffic, type TrafficParts } from "./traffic.ts";

/** For the audit log: which request, which hook, where in the TypeScript source. */
export interface FailedRequest {
  readonly id: string;
  readonly hook: string;
  readonly code: string;
  readonly at: string;
}

export interface TakeBack {
  readonly tenant: string;
  readonly version: number;
  /** `script errors: 50 % of 20 requests, 0 % before` */
  readonly reason: string;
  readonly failure: FailedRequest | null;
  /** Of whoever judges for several proxies. */
  readonly fence?: Fence | undefined;
}

/** Throws DeployError if there is nothing to go back to, or it has no share any more. */
export async function takeBack(parts: TrafficParts, what: TakeBack): Promise<Traffic> {
  const { store } = parts;
  const { tenant, version, reason, failure, fence } = what;
  const audit = (action: string, target: string): AuditEntry => {
    const detail = { version, reason, request: failure };
    return { actor: "sluice", action, tenant, target, detail };
  };
  const { traffic: next } = await setTrafficOf(parts, {
    ...{ tenant, fence },
    async traffic(now) {
      if (!now.versions.some((share) => share.version === version && share.percent > 0)) {
        const message = `Version ${version} has no share any more.`;
        throw new DeployError({ step: "traffic", fault: "conflict" }, message);
      }
      const disables = { version, reason: `taken back: ${reason}` };
      const rest = withoutVersion(now.versions, version);
      if (rest !== null) return { ...now, versions: rest, isRollback: true, disables };
      const before = await rollbackTarget(store, tenant, now);
      if (before === null) throw nothingBefore(version);
      return { ...now, versions: [{ version: before, percent: 100 }], isRollback: true, disables };
    },
    audit: ({ versions }) => {
      const to = versions.map((share) => `${share.version}=${share.percent}`).join(" ");
      return [
        audit("traffic.rollback.automatic", `version ${version} to ${to}`),
        audit("deployment.disable", `version ${version}`),
      ];
    },
  });
  return next;
}

/** Nobody has asked for it: who reads the log hears what serves now, and what helps. */
const nothingBefore = (version: number): DeployError => {
  const why = "no other has had all of the traffic and is kept";
  const message = `version ${version} serves on, since ${why}: deploy one that is well`;
  return new DeployError({ step: "traffic", fault: "conflict" }, message);
};

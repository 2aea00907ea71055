// Which version of a script a request that is explained gets, and why it is that one.

import type { TenantConfig } from "../../base/config/types.ts";
import type { ExplainedVersion } from "../../control/api/explain.ts";
import type { BreakerOf } from "../../control/deploy/enable.ts";
import type { LiveTenant, LiveVersion } from "../../control/live.ts";
import type { Store } from "../../control/store/store.ts";
import { unlessUnreachable } from "../../control/store/store-error.ts";
import { Versions } from "../../downstream/versions.ts";
import type { RequestHead } from "../../http1/messages.ts";

export interface VersionParts {
  readonly breakerOf: BreakerOf;
  /** Null: there is none, so nobody knows a version's hooks. */
  readonly store: Pick<Store, "deployment"> | null;
  readonly testerKey: (id: string) => string;
}

/** @param address  of the client */
export async function versionFor(
  { id, config, scripts }: LiveTenant,
  { head, address }: { readonly head: RequestHead; readonly address: string },
  parts: VersionParts,
): Promise<ExplainedVersion | null> {
  const dealt = new Versions<LiveVersion>({
    ...{ tenant: config.name, stickyBy: scripts.stickyBy, testerKey: parts.testerKey(id) },
    versions: scripts.versions.map((one) => {
      return { number: one.version, percent: one.percent, deployment: one };
    }),
  });
  const [first = null] = scripts.versions;
  const isOnly = scripts.versions.length < 2;
  const found = isOnly ? first : dealt.pick(head, address);
  if (found === null) return null;
  const by = isOnly ? "only" : dealt.asked(head) === null ? "share" : "pass";
  const { version, percent } = found;
  const outOfService = whyOut(config.name, found, parts);
  const hooks = await hooksOf(config.name, version, parts);
  return { version, percent, by, outOfService, hooks };
}

function whyOut(
  tenant: string,
  { version, isDisabled, reason }: LiveVersion,
  { breakerOf }: VersionParts,
): string {
  if (isDisabled) return reason;
  const breaker = breakerOf(tenant, version);
  return breaker === "open" || breaker === "disabled" ? `its breaker is ${breaker}` : "";
}

async function hooksOf(
  tenant: string,
  version: number,
  { store }: VersionParts,
): Promise<readonly string[] | null> {
  if (store === null) return null;
  return (await unlessUnreachable(store.deployment(tenant, version)))?.hooks ?? null;
}

/** Whether it is out of service, and nothing goes on without it. */
export const refuses = (
  version: ExplainedVersion | null,
  { onScriptError }: Pick<TenantConfig, "onScriptError">,
): boolean => version !== null && version.outOfService !== "" && onScriptError === "fail-closed";

const BY = { only: "it is the only one", pass: "a tester's pass asks for it" } as const;

export function versionReason(
  version: ExplainedVersion | null,
  { scripts: { stickyBy } }: LiveTenant,
): string {
  if (version === null) return "no script runs";
  if (version.by !== "share") return `version ${version.version}: ${BY[version.by]}`;
  const by = stickyBy.kind === "address" ? "address" : `${stickyBy.kind} ${stickyBy.name}`;
  return `version ${version.version}, of ${version.percent} %: dealt by the client's ${by}`;
}

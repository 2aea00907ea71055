// What the process of a rehearsal is told: everything that the script's answers depend on, and
// nothing else. Keys and certificates for upstreams stay here, because a rehearsal connects to
// nothing.

import type { Config, TenantConfig } from "../../base/config/types.ts";
import type { Rehearsal } from "../../control/deploy/rehearsal.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import type { ScriptValues } from "../../sandbox/values.ts";

/** What of the configuration is for all tenants, and concerns a request. */
export type HttpConfig = Pick<Config, "timeouts" | "limits" | "trustedProxies">;

export interface OrderParts {
  readonly runtime: RuntimeCode;
  readonly config: HttpConfig;
  /** The tenant's flags and secrets. */
  readonly values: ScriptValues;
}

export interface RehearsalOrder extends Rehearsal {
  readonly runtime: RuntimeCode;
  readonly config: HttpConfig;
  /** As `ScriptValues` has it. */
  readonly values: string;
}

export function orderOf(rehearsal: Rehearsal, parts: OrderParts): RehearsalOrder {
  const { runtime, values } = parts;
  const { timeouts, limits, trustedProxies } = parts.config;
  const tenant = withoutCredentials(rehearsal.tenant);
  const config = { timeouts, limits, trustedProxies };
  return { ...rehearsal, tenant, runtime, config, values: values.text };
}

const withoutCredentials = (tenant: TenantConfig): TenantConfig => ({
  ...tenant,
  upstreams: tenant.upstreams.map((group) => ({
    ...group,
    peers: group.peers.map((peer) => ({ ...peer, tls: null })),
  })),
});

// A host name belongs to one tenant, wherever the tenants' settings come from.

import { parseHostPattern } from "../base/config/address.ts";
import type { TenantConfig } from "../base/config/types.ts";

type Claims = Pick<TenantConfig, "name" | "hosts">;

export interface ClaimedHost {
  readonly host: string;
  /** Where it stands in the tenant's list. */
  readonly index: number;
  readonly owner: string;
}

/** In their one spelling; what is no host name is refused elsewhere. @param settings as written */
export function hostsOf({ hosts }: Readonly<Record<string, unknown>>): string[] {
  const all: readonly unknown[] = Array.isArray(hosts) ? hosts : [];
  return all
    .filter((host) => typeof host === "string")
    .map((host) => parseHostPattern(host) ?? host);
}

/** Hosts of a tenant that others have already. */
export function claimedHosts(tenant: Claims, others: readonly Claims[]): ClaimedHost[] {
  const owners = new Map<string, string>();
  for (const { name, hosts } of others) {
    if (name === tenant.name) continue;
    for (const host of hosts) owners.set(host, name);
  }
  return tenant.hosts.flatMap((host, index) => {
    const owner = owners.get(host);
    return owner === undefined ? [] : [{ host, index, owner }];
  });
}

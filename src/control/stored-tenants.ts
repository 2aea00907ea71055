// Tenants made through the admin API, as a start or a reload finds them in the store.

import { formatPath } from "../base/config/problems.ts";
import { parseTenant } from "../base/config/tenant.ts";
import type { Config, TenantConfig } from "../base/config/types.ts";
import { claimedHosts } from "./host-claims.ts";
import type { Store } from "./store/store.ts";

export interface StoredTenants {
  readonly tenants: readonly TenantConfig[];
  /** Why others are not among them, a line each: an older Sluice took what this one refuses. */
  readonly invalid: readonly string[];
  /** And those who have a host that a tenant of the file has, which came later. */
  readonly claimed: readonly string[];
}

/** @param config of the file: what is named there has its settings from there */
export async function readStoredTenants(
  store: Pick<Store, "tenants">,
  { tenants: file, caps }: Pick<Config, "tenants" | "caps">,
): Promise<StoredTenants> {
  const names = new Set(file.map(({ name }) => name));
  const tenants: TenantConfig[] = [];
  const invalid: string[] = [];
  const claims: string[] = [];
  for (const { name, settings } of await store.tenants()) {
    if (names.has(name)) continue;
    const where = `tenant ${name} of the admin API`;
    const result = parseTenant(name, settings, { caps, isStored: true });
    if ("mistakes" in result) {
      for (const { path, text } of result.mistakes) {
        invalid.push(`${where}: ${formatPath(path)}: ${text}`);
      }
      continue;
    }
    const claimed = claimedHosts(result.config, [...file, ...tenants]);
    if (claimed.length === 0) tenants.push(result.config);
    for (const { host, owner } of claimed) {
      claims.push(`${where}: host ${host} is tenant ${owner}'s too`);
    }
  }
  return { tenants, invalid, claimed: claims };
}

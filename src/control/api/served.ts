// Tells whether a tenant exists: one of the file or of the API that is served.

import type { Live, LiveTenant } from "../live.ts";
import { NoTenant } from "./no-tenant.ts";

/** Throws a 404 unless it is. */
export function expectServed(live: Pick<Live, "tenants">, tenant: string): LiveTenant {
  const found = live.tenants().find(({ config }) => config.name === tenant);
  if (found === undefined) throw new NoTenant(tenant);
  return found;
}

// Tenants of which the store says that other versions serve than do: what serves is stored first,
// so whoever dies in between leaves the store ahead.

import type { LiveTenant } from "../../../control/live.ts";
import type { Store } from "../../../control/store/store.ts";

/** Their names. */
export async function tenantsAhead(
  store: Pick<Store, "traffic">,
  tenants: readonly LiveTenant[],
): Promise<string[]> {
  const ahead: string[] = [];
  for (const { config, scripts } of tenants) {
    const stored = (await store.traffic(config.name))?.versions ?? [];
    if (sharesText(stored) !== sharesText(scripts.versions)) ahead.push(config.name);
  }
  return ahead;
}

const sharesText = (shares: Shares): string =>
  shares.map(({ version, percent }) => `${version}=${percent}`).join(" ");

type Shares = readonly { readonly version: number; readonly percent: number }[];

// The keys with which testers' passes are signed: one for each tenant. So a worker that holds one
// cannot make a pass for another tenant, and no key outlives its tenant.

import { createHmac } from "node:crypto";
import type { Store } from "../store/store.ts";

/** @param id  of the tenant */
export type TesterKey = (id: string) => string;

/** Without a store there is one version of everything, and nothing to test. */
export async function testerKeyOf(store: Pick<Store, "signingKey"> | null): Promise<TesterKey> {
  if (store === null) return () => "";
  const key = await store.signingKey();
  return (id) => createHmac("sha256", key).update(`testers of ${id}`).digest("hex");
}

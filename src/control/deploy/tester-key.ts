// What testers' passes are signed with: a key for each tenant, so that a worker that holds one can
// make none for another.

import { createHmac } from "node:crypto";
import type { Store } from "../store/store.ts";

export type TesterKey = (tenant: string) => string;

/** Without a store there is one version of everything, and nothing to test. */
export async function testerKeyOf(store: Pick<Store, "signingKey"> | null): Promise<TesterKey> {
  if (store === null) return () => "";
  const key = await store.signingKey();
  return (tenant) => createHmac("sha256", key).update(`testers of ${tenant}`).digest("hex");
}

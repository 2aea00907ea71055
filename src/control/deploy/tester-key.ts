// What testers' passes are signed with: a key for each tenant, so that a worker that holds one can
// make none for another, and none outlives the tenant that it was made for.

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

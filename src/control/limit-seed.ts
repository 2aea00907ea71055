// What keys of rate limits are hashed with at proxies that share a store: alike at each, so that
// one key is one key for all of them, and unknown to clients, so that nobody makes two keys meet.

import { createHmac, randomBytes } from "node:crypto";
import type { Store } from "./store/store.ts";

const SEED_BYTES = 8;

/** Without a store it is nobody else's. */
export async function limitSeedOf(store: Pick<Store, "signingKey"> | null): Promise<Buffer> {
  if (store === null) return randomBytes(SEED_BYTES);
  const key = await store.signingKey();
  return createHmac("sha256", key).update("keys of rate limits").digest().subarray(0, SEED_BYTES);
}

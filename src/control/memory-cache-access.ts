// memoryCache of tenants as the control plane sees it, by the tenants' identities
// (base/identity.ts). The fleet implements it.

export interface MemoryCacheAccess {
  /** What it holds and has done since the proxy started. */
  of(tenant: string): MemoryCacheSnapshot;
  /** What it holds of a key, which is not used by that. Null: nothing. */
  entry(tenant: string, key: string): MemoryCacheEntry | null;
  /** The key is gone, or (null) all of them. Returns how many were there. */
  reset(tenant: string, key: string | null): number;
}

export interface MemoryCacheSnapshot {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly loads: number;
  readonly evictions: number;
}

export interface MemoryCacheEntry {
  /** Characters of its JSON, or bytes. */
  readonly size: number;
  readonly isBytes: boolean;
  /** 0: it is stale. */
  readonly freshMs: number;
  readonly staleMs: number;
}

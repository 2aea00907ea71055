// memoryCache of all tenants for the admin API.

import type {
  MemoryCacheAccess,
  MemoryCacheEntry,
  MemoryCacheSnapshot,
} from "../../control/memory-cache-access.ts";
import type { MemoryCaches } from "../../state/memory-caches.ts";

const NONE = { entries: 0, bytes: 0, hits: 0, misses: 0, loads: 0, evictions: 0 };

export class CacheAccessOfApi implements MemoryCacheAccess {
  readonly #caches: MemoryCaches;

  constructor(caches: MemoryCaches) {
    this.#caches = caches;
  }

  of(tenant: string): MemoryCacheSnapshot {
    return this.#caches.get(tenant)?.totals ?? NONE;
  }

  entry(tenant: string, key: string): MemoryCacheEntry | null {
    const entry = this.#caches.get(tenant)?.look(keyText(key)) ?? null;
    if (entry === null) return null;
    const { value, freshMs, staleMs } = entry;
    return { size: value.length, isBytes: typeof value !== "string", freshMs, staleMs };
  }

  reset(tenant: string, key: string | null): number {
    const cache = this.#caches.get(tenant);
    if (cache === null) return 0;
    if (key === null) return cache.clear();
    return cache.delete(keyText(key)) ? 1 : 0;
  }
}

/** As the runtime in isolates writes keys: JSON in ASCII. */
const keyText = (key: string): string =>
  JSON.stringify(key).replace(/[^\0-\x7f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });

// memoryCache of all tenants, by their identities. One thread has them; others ask it.

import { monotonicMs } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import type {
  CacheAccess,
  CacheAnswer,
  CacheLoad,
  CacheNews,
  CacheRequest,
} from "./cache-messages.ts";
import { TenantCache } from "./tenant-cache.ts";

/** The tenant's own hold again with the next that a script sets. */
const ANY = { bytes: LIMITS.memoryCachesBytes, entries: Number.MAX_SAFE_INTEGER };

const OVER: CacheLoad = { fill: (_setting, done) => done(), end: () => {} };

export class MemoryCaches implements CacheAccess {
  readonly #caches = new Map<string, TenantCache>();
  /** Requests of theirs may still be under way. */
  readonly #forgotten = new Set<string>();
  readonly #nowMs: () => number;
  /** Gets each change; null: nobody does. */
  follow: ((news: CacheNews) => void) | null = null;

  /** @param nowMs  a monotonic clock; tests pass their own */
  constructor(nowMs: () => number = monotonicMs) {
    this.#nowMs = nowMs;
  }

  ask(request: CacheRequest, answer: (answer: CacheAnswer) => void): CacheLoad {
    const { tenant, type } = request;
    if (this.#forgotten.has(tenant)) return askNobody(request, answer);
    const load = this.#of(tenant).ask(request, answer);
    if (type === "set") this.#bound(tenant);
    return type === "load" ? this.#bounded(load, tenant) : load;
  }

  /** Null: no script of the tenant's has used it. */
  get(tenant: string): TenantCache | null {
    return this.#caches.get(tenant) ?? null;
  }

  [Symbol.iterator](): IterableIterator<[tenant: string, cache: TenantCache]> {
    return this.#caches.entries();
  }

  /** What another process has. */
  takeOver({ tenant, entries, gone }: CacheNews): void {
    if (this.#forgotten.has(tenant)) return;
    const cache = this.#of(tenant);
    for (const { key, value, freshMs, staleMs } of entries) {
      cache.set(key, { value, ttlMs: freshMs, staleMs, bounds: ANY });
    }
    for (const key of gone) cache.delete(key);
    this.#bound(tenant);
  }

  /** The tenant is gone: another of its name has another identity. */
  forget(tenant: string): void {
    this.#caches.get(tenant)?.clear();
    this.#caches.delete(tenant);
    this.#forgotten.add(tenant);
    if (this.#forgotten.size <= LIMITS.forgottenTenants) return;
    for (const first of this.#forgotten) {
      this.#forgotten.delete(first);
      return;
    }
  }

  #of(tenant: string): TenantCache {
    const known = this.#caches.get(tenant);
    if (known !== undefined) return known;
    const made = new TenantCache(this.#nowMs, (key) => this.#tell(tenant, key));
    this.#caches.set(tenant, made);
    return made;
  }

  #tell(tenant: string, key: string): void {
    if (this.follow === null) return;
    const entry = this.#caches.get(tenant)?.look(key) ?? null;
    const entries = entry === null ? [] : [{ key, ...entry }];
    this.follow({ tenant, entries, gone: entry === null ? [key] : [] });
  }

  #bounded(load: CacheLoad, tenant: string): CacheLoad {
    return {
      end: () => load.end(),
      fill: (setting, done) => {
        load.fill(setting, () => {
          this.#bound(tenant);
          done();
        });
      },
    };
  }

  /** All together are too much: who came last makes room of its own. */
  #bound(tenant: string): void {
    let bytes = -LIMITS.memoryCachesBytes;
    for (const { entries } of this.#caches.values()) bytes += entries.bytes;
    if (bytes <= 0) return;
    const entries = this.#caches.get(tenant)?.entries;
    const room = Math.max(0, (entries?.bytes ?? 0) - bytes);
    entries?.trim({ bytes: room, entries: Number.POSITIVE_INFINITY }, this.#nowMs());
  }
}

/** The tenant is gone, and a request of it is still under way. */
function askNobody({ type }: CacheRequest, answer: (answer: CacheAnswer) => void): CacheLoad {
  if (type === "get") answer({ type: "miss" });
  else if (type === "load") answer({ type: "load", isLate: false });
  else answer({ type: "done" });
  return OVER;
}

// memoryCache of one tenant: its values, and who loads what.

import { CacheEntries } from "./cache-entries.ts";
import { CacheLoads, KeyLoad } from "./cache-loads.ts";
import type { CacheAnswer, CacheLoad, CacheRequest, CacheSetting } from "./cache-messages.ts";

/** Since the cache was made. */
export interface CacheTotals {
  readonly hits: number;
  readonly misses: number;
  /** Loaders that were called. */
  readonly loads: number;
  readonly evictions: number;
  readonly entries: number;
  readonly bytes: number;
}

const NOTHING: CacheLoad = { fill: (_setting, done) => done(), end: () => {} };

export class TenantCache {
  readonly entries = new CacheEntries();
  readonly #loads = new CacheLoads();
  readonly #nowMs: () => number;
  readonly #changed: (key: string) => void;
  readonly #totals = { hits: 0, misses: 0 };

  /**
   * @param nowMs  a monotonic clock
   * @param changed  a key was set or deleted
   */
  constructor(nowMs: () => number, changed: (key: string) => void) {
    this.#nowMs = nowMs;
    this.#changed = changed;
  }

  get totals(): CacheTotals {
    const { evictions, size: entries, bytes } = this.entries;
    return { ...this.#totals, loads: this.#loads.begun, evictions, entries, bytes };
  }

  ask(request: CacheRequest, answer: (answer: CacheAnswer) => void): CacheLoad {
    const { key } = request;
    switch (request.type) {
      case "get":
        answer(this.#get(key));
        return NOTHING;
      case "delete":
        this.delete(key);
        break;
      case "set":
        this.set(key, request);
        break;
      case "load":
        return this.#load(new KeyLoad(key, answer), request.staleMs);
    }
    answer({ type: "done" });
    return NOTHING;
  }

  set(key: string, setting: CacheSetting): void {
    this.entries.set(key, setting, this.#nowMs());
    this.#loads.settle(key, setting.value);
    this.#changed(key);
  }

  /** False: there was none. */
  delete(key: string): boolean {
    const isThere = this.entries.delete(key);
    this.#loads.discard(key);
    this.#changed(key);
    return isThere;
  }

  /** Returns how many there were. */
  clear(): number {
    const keys = this.entries.sizes();
    this.entries.clear();
    this.#loads.discardAll();
    for (const { key } of keys) this.#changed(key);
    return keys.length;
  }

  /** A value, which is not used by that, and how long it lasts. Null: there is none. */
  look(key: string) {
    const nowMs = this.#nowMs();
    const entry = this.entries.look(key, nowMs);
    if (entry === null) return null;
    const { value, freshUntilMs, keptUntilMs } = entry;
    const freshMs = Math.max(0, Math.ceil(freshUntilMs - nowMs));
    return { value, freshMs, staleMs: Math.ceil(keptUntilMs - nowMs) - freshMs };
  }

  #get(key: string): CacheAnswer {
    const nowMs = this.#nowMs();
    const entry = this.entries.use(key, nowMs);
    if (entry === null || entry.freshUntilMs <= nowMs) {
      this.#totals.misses++;
      return { type: "miss" };
    }
    this.#totals.hits++;
    return { type: "value", value: entry.value };
  }

  #load(load: KeyLoad, staleMs: number): CacheLoad {
    const nowMs = this.#nowMs();
    const entry = this.entries.use(load.key, nowMs);
    const isFresh = entry !== null && entry.freshUntilMs > nowMs;
    const isUsable = isFresh || (entry !== null && entry.freshUntilMs + staleMs > nowMs);
    const isLoading = this.#loads.isLoading(load.key);
    if (entry !== null && (isFresh || (isUsable && isLoading))) {
      this.#totals.hits++;
      load.answer({ type: "value", value: entry.value });
      return NOTHING;
    }
    this.#totals.misses++;
    const handle = this.#handle(load);
    if (isLoading) {
      this.#loads.join(load);
      return handle;
    }
    this.#loads.begin(load);
    if (entry !== null && isUsable) load.answer({ type: "stale", value: entry.value });
    else load.answer({ type: "load", isLate: false });
    return handle;
  }

  #handle(load: KeyLoad): CacheLoad {
    return {
      fill: (setting, done) => {
        if (this.#loads.isLoader(load)) this.set(load.key, setting);
        done();
      },
      end: () => this.#loads.end(load),
    };
  }
}

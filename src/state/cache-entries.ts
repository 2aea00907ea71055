// The values of one tenant's memoryCache: bounded in bytes and entries, and what was used least
// recently goes first. A value whose time is over goes before others do.

import type { CacheSetting, CacheValue } from "./cache-messages.ts";

/** What an entry takes beside its key and value, about. */
const ENTRY_BYTES = 256;
/** The least recently used that are looked at for what is over, before one is evicted. */
const LOOK_MAX = 16;

export interface CacheEntry {
  readonly value: CacheValue;
  readonly freshUntilMs: number;
  readonly keptUntilMs: number;
  readonly size: number;
}

export class CacheEntries {
  /** The least recently used first. */
  readonly #entries = new Map<string, CacheEntry>();
  #bytes = 0;
  #evictions = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Of keys and values, with what each entry takes. */
  get bytes(): number {
    return this.#bytes;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** It is used. Null: there is none, or its time is over. */
  use(key: string, nowMs: number): CacheEntry | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    if (entry.keptUntilMs > nowMs) {
      this.#entries.set(key, entry);
      return entry;
    }
    this.#bytes -= entry.size;
    return null;
  }

  /** The same, and it is not used by that. */
  look(key: string, nowMs: number): CacheEntry | null {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.keptUntilMs > nowMs ? entry : null;
  }

  set(key: string, { value, ttlMs, staleMs, bounds }: CacheSetting, nowMs: number): void {
    this.delete(key);
    const freshUntilMs = nowMs + ttlMs;
    const size = ENTRY_BYTES + key.length + value.length;
    this.#entries.set(key, { value, freshUntilMs, keptUntilMs: freshUntilMs + staleMs, size });
    this.#bytes += size;
    this.trim(bounds, nowMs);
  }

  /** False: there was none. */
  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.size;
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  trim({ bytes, entries }: CacheSetting["bounds"], nowMs: number): void {
    const isOver = (): boolean => this.#bytes > bytes || this.#entries.size > entries;
    if (!isOver()) return;
    this.#dropOver(nowMs);
    for (const key of this.#entries.keys()) {
      if (!isOver()) return;
      this.delete(key);
      this.#evictions++;
    }
  }

  /** With the least recently used first. */
  sizes(): { readonly key: string; readonly size: number }[] {
    return [...this.#entries].map(([key, { size }]) => ({ key, size }));
  }

  #dropOver(nowMs: number): void {
    let looked = 0;
    for (const [key, { keptUntilMs }] of this.#entries) {
      if (keptUntilMs <= nowMs) this.delete(key);
      if (++looked === LOOK_MAX) return;
    }
  }
}

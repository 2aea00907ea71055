// What is asked of a tenant's memoryCache, and what it answers: plain data, since a worker asks the
// main thread.

/** A value as scripts gave it: JSON text, or bytes. */
export type CacheValue = string | Uint8Array;

/** What a tenant's cache may hold. */
export interface CacheBounds {
  readonly bytes: number;
  readonly entries: number;
}

export interface CacheSetting {
  readonly value: CacheValue;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly bounds: CacheBounds;
}

/** Keys are JSON texts, and `tenant` is an identity (base/identity.ts). */
export type CacheRequest = { readonly tenant: string; readonly key: string } & (
  | { readonly type: "get" | "delete" }
  | ({ readonly type: "set" } & CacheSetting)
  /** Answered when there is a value, or this one is to load it. */
  | { readonly type: "load"; readonly staleMs: number }
);

export type CacheAnswer =
  | { readonly type: "miss" | "done" }
  | { readonly type: "value"; readonly value: CacheValue }
  /** What asked has the key's load until it fills or ends it. `isLate`: as others do. */
  | { readonly type: "load"; readonly isLate: boolean }
  /** The same, and the old value meanwhile. */
  | { readonly type: "stale"; readonly value: CacheValue };

/** A `load` that was asked for; of what was answered otherwise these do nothing. */
export interface CacheLoad {
  /** It is the value, unless the key was set or deleted since the load began. */
  fill(setting: CacheSetting, done: () => void): void;
  /** It does not wait any more, or has no value. */
  end(): void;
}

/** `taken` is to be called when the answer's value is held here no more. */
export type GiveCacheAnswer = (answer: CacheAnswer, taken?: () => void) => void;

/** Where caches are: in this thread, or in the main thread. */
export interface CacheAccess {
  ask(request: CacheRequest, answer: GiveCacheAnswer): CacheLoad;
}

/** Values of at least so many characters or bytes are counted on their way between threads. */
export const CACHE_LARGE_SIZE = 16_384;
/**
 * Of these, what is on its way at once for a tenant and a worker, in either direction: an isolate
 * may ask for thousands, each a copy.
 */
export const CACHE_UNDER_WAY_MAX = 33_554_432;

/** A value with what is left of its time; `freshMs` below 0: it is stale. */
export interface KeptEntry {
  readonly key: string;
  readonly value: CacheValue;
  readonly freshMs: number;
  readonly staleMs: number;
}

export interface CacheNews {
  readonly tenant: string;
  readonly entries: readonly KeptEntry[];
  /** Keys that are gone. */
  readonly gone: readonly string[];
}

// What a successor process is sent of memoryCache: the values in pieces, and then each change. It
// is bounded: of each tenant what was used last.

import { setImmediate } from "node:timers/promises";
import { LIMITS } from "../base/limits.ts";
import type { CacheNews, KeptEntry } from "./cache-messages.ts";
import type { MemoryCaches } from "./memory-caches.ts";
import type { TenantCache } from "./tenant-cache.ts";

/** Characters and bytes of a piece: the thread does something else between two. */
const PIECE_SIZE = 1_048_576;

/** What is there, the least recently used first. What changes meanwhile is told as it is then. */
export async function tellKept(
  caches: MemoryCaches,
  tell: (news: CacheNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const all = [...caches];
  const share = Math.floor(LIMITS.handoverCacheBytes / Math.max(1, all.length));
  for (const [tenant, cache] of all) {
    let entries: KeptEntry[] = [];
    let size = 0;
    for (const key of lastUsed(cache, share)) {
      const entry = cache.look(key);
      if (entry === null) continue;
      entries.push({ key, ...entry });
      size += key.length + entry.value.length;
      if (size < PIECE_SIZE) continue;
      tell({ tenant, entries, gone: [] });
      entries = [];
      size = 0;
      await setImmediate();
      if (signal.aborted) return;
    }
    if (entries.length > 0) tell({ tenant, entries, gone: [] });
  }
}

function lastUsed({ entries }: TenantCache, bytes: number): string[] {
  const keys: string[] = [];
  let left = bytes;
  for (const { key, size } of entries.sizes().reverse()) {
    left -= size;
    if (left < 0) break;
    keys.push(key);
  }
  return keys.reverse();
}

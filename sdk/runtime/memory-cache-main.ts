// The entry of the part that brings memoryCache.

import { memoryCache } from "./memory-cache.ts";

if (globalThis.__sluice !== undefined) globalThis.__sluice.memoryCache = memoryCache;

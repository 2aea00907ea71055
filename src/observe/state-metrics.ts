// Counts of what scripts share: limits and memoryCache.

export const STATE_COUNTERS = {
  sluice_rate_limit_decisions_total: {
    help: "Decisions of a tenant's limits, by their names and results (allowed, refused).",
    labels: ["tenant", "name", "result"],
  },
  sluice_rate_limit_evictions_total: {
    help: "Keys of a tenant's rate limits that were forgotten for want of room, having counted.",
    labels: ["tenant"],
  },
  sluice_memory_cache_lookups_total: {
    help: "Keys that scripts asked memoryCache for, by tenant and result (hit, miss).",
    labels: ["tenant", "result"],
  },
  sluice_memory_cache_loads_total: {
    help: "Loaders of memoryCache.getOrSet that were called, by tenant.",
    labels: ["tenant"],
  },
  sluice_memory_cache_evictions_total: {
    help: "Values of memoryCache that went for want of room, by tenant.",
    labels: ["tenant"],
  },
} as const;

// The module `sluice`: everything that a phase script imports.

export type * from "./client.ts";
export {
  type ClusterCounter,
  type Counter,
  compose,
  counter,
  definePhases,
  env,
  flag,
  type Histogram,
  type HistogramOptions,
  histogram,
  type LabelledCounter,
  type LabelledHistogram,
  type Log,
  log,
  secret,
} from "./core.ts";
export type * from "./facts.ts";
export { type Inflight, type InflightOptions, inflight } from "./runtime/inflight.ts";
export {
  type CacheTimes,
  type MemoryCache,
  memoryCache,
} from "./runtime/memory-cache.ts";
export {
  type ClusterRateLimitOptions,
  type RateLimit,
  type RateLimitOptions,
  type RateLimitResult,
  rateLimit,
} from "./runtime/rate-limit.ts";
export type { LabelOptions, Labels, LabelValues } from "./runtime/series.ts";
export type * from "./sessions.ts";
export type * from "./types.ts";

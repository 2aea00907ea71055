// The module `sluice`: everything that a phase script imports.

import { settings } from "./runtime/port.ts";
import { markPhases } from "./runtime/script.ts";
import type { AsJson, NoCtx, Phases } from "./types.ts";

export { type Counter, counter } from "./runtime/counters.ts";
export { type Log, log } from "./runtime/log.ts";
export {
  type RateLimit,
  type RateLimitOptions,
  type RateLimitResult,
  rateLimit,
} from "./runtime/rate-limit.ts";
export { flag, secret } from "./runtime/values.ts";
export type * from "./sessions.ts";
export type * from "./types.ts";

/**
 * Makes the default export of a phase script. The type of ctx is what `newCtx` returns, and must be
 * JSON: a Set, a Date, a function or a bigint in it is a type error here and an error at run time.
 * Without `newCtx` ctx is `{}` and has no properties, so that a misspelt one is a type error too;
 * `definePhases<{ user?: string }>(…)` names some that begin as absent.
 */
export function definePhases<C extends object = NoCtx>(
  phases: Phases<C> & { newCtx?: () => AsJson<C> | Promise<AsJson<C>> },
): Phases<C> {
  return markPhases(phases);
}

/** The `env` of the tenant's configuration: strings by name, read-only. */
export const env: Readonly<Record<string, string>> = Object.freeze(
  Object.assign(Object.create(null), settings.env),
);

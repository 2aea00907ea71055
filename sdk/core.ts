// What every isolate has of the module `sluice`. The rest of index.ts comes in parts, for scripts
// that name it (src/control/bundle-extras.ts).

import { composed } from "./runtime/compose.ts";
import { settings } from "./runtime/port.ts";
import { markPhases } from "./runtime/script.ts";
import type { AsJson, NoCtx, Phases } from "./types.ts";

export {
  type ClusterCounter,
  type Counter,
  counter,
  type LabelledCounter,
} from "./runtime/counters.ts";
export {
  type Histogram,
  type HistogramOptions,
  histogram,
  type LabelledHistogram,
} from "./runtime/histogram.ts";
export { type Log, log } from "./runtime/log.ts";
export { flag, secret } from "./runtime/values.ts";

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

/**
 * One script of several parts, each made by `definePhases`, each with its own ctx. Requests go
 * through them in order, responses and errors in reverse. The first that answers or decides ends
 * the phase; what a part makes of a chunk of a body is what the next part sees.
 */
export function compose<C extends readonly object[]>(
  ...parts: { [Part in keyof C]: Phases<C[Part]> }
): Phases<C> {
  return composed<C>(parts);
}

/** The `env` of the tenant's configuration: strings by name, read-only. */
export const env: Readonly<Record<string, string>> = Object.freeze(
  Object.assign(Object.create(null), settings.env),
);

// Whether a new version fails more than the old one: both are counted in the same window, so that
// a peer that is down, which both suffer from, is not held against the new one.

import type { RollbackConfig } from "../../base/config/types.ts";

/** What a version did within some time. */
export interface Counts {
  readonly requests: number;
  /** Requests of which a hook failed. */
  readonly scriptFailures: number;
  /** Requests answered with a status from 500 on. */
  readonly serverErrors: number;
}

export const NO_COUNTS: Counts = { requests: 0, scriptFailures: 0, serverErrors: 0 };

/** Null: there is nothing to object to. */
export function verdict(fresh: Counts, old: Counts, config: RollbackConfig): string | null {
  if (!config.automatic || fresh.requests < config.minRequests) return null;
  return (
    excess("scriptFailures", "script errors", { fresh, old, config }) ??
    excess("serverErrors", "answers from 500 on", { fresh, old, config })
  );
}

interface Compared {
  readonly fresh: Counts;
  readonly old: Counts;
  readonly config: RollbackConfig;
}

function excess(
  key: "scriptFailures" | "serverErrors",
  what: string,
  { fresh, old, config }: Compared,
): string | null {
  const now = percent(fresh[key], fresh.requests);
  const before = percent(old[key], old.requests);
  if (now - before < config.errorPercent) return null;
  const compared = `${shown(now)} % of ${fresh.requests} requests, ${shown(before)} % before`;
  return `${what}: ${compared}`;
}

const percent = (part: number, of: number): number => (of === 0 ? 0 : (100 * part) / of);

const shown = (value: number): string => String(Math.round(value * 10) / 10);

const BUCKETS = 12;

/** Counts of the last `windowMs`, in slices that fall out one after the other. */
export class Window {
  readonly #sliceMs: number;
  #slices: { readonly fromMs: number; counts: Counts }[] = [];

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / BUCKETS;
  }

  add(more: Counts, nowMs: number): void {
    const last = this.#slices.at(-1);
    if (last !== undefined && nowMs - last.fromMs < this.#sliceMs) {
      last.counts = sumOf([last.counts, more]);
      return;
    }
    this.#slices.push({ fromMs: nowMs, counts: more });
    if (this.#slices.length > BUCKETS) this.#slices.shift();
  }

  sum(nowMs: number): Counts {
    const since = nowMs - this.#sliceMs * BUCKETS;
    return sumOf(this.#slices.filter(({ fromMs }) => fromMs > since).map(({ counts }) => counts));
  }
}

export const sumOf = (all: readonly Counts[]): Counts => ({
  requests: all.reduce((sum, { requests }) => sum + requests, 0),
  scriptFailures: all.reduce((sum, { scriptFailures }) => sum + scriptFailures, 0),
  serverErrors: all.reduce((sum, { serverErrors }) => sum + serverErrors, 0),
});

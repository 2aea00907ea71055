// How versions have done in the last minutes, side by side, so that a person sees what the guardian
// sees, and how long requests take besides.

import { quantile } from "../../observe/quantile.ts";
import { DURATION_BOUNDS_MS } from "../../phases/tally.ts";
import type { Counts } from "./counts.ts";

export const FIGURES_WINDOW_MS = 600_000;
const SLICES = 20;
const SLICE_MS = FIGURES_WINDOW_MS / SLICES;
/** Of a tenant: as many as can share its traffic, and what was before them. */
const VERSIONS_MAX = 16;

export interface VersionReport extends Counts {
  /** Its identity. */
  readonly tenant: string;
  readonly version: number;
  readonly durations: readonly number[];
}

export interface VersionFigure {
  readonly version: number;
  readonly requests: number;
  /** Requests that ended with a 5xx, whoever is to blame. */
  readonly errors: number;
  /** Requests of which a hook failed. */
  readonly scriptFailures: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

interface Slice {
  readonly fromMs: number;
  requests: number;
  errors: number;
  scriptFailures: number;
  readonly durations: number[];
}

export class VersionFigures {
  /** By the tenant's identity and version, those that told something last at the end. */
  readonly #tenants = new Map<string, Map<number, Slice[]>>();

  add(report: VersionReport, nowMs: number): void {
    if (report.requests === 0) return;
    const versions = this.#tenants.get(report.tenant) ?? new Map<number, Slice[]>();
    this.#tenants.set(report.tenant, versions);
    const slices = versions.get(report.version) ?? [];
    versions.delete(report.version);
    versions.set(report.version, slices);
    const [oldest] = versions.keys();
    if (versions.size > VERSIONS_MAX && oldest !== undefined) versions.delete(oldest);
    addTo(sliceOf(slices, nowMs), report);
  }

  /** Those that had a request in the last minutes. */
  of(tenant: string, nowMs: number): VersionFigure[] {
    return [...(this.#tenants.get(tenant) ?? [])].flatMap(([version, slices]) => {
      const fresh = slices.filter(({ fromMs }) => nowMs - fromMs < FIGURES_WINDOW_MS);
      return fresh.length === 0 ? [] : [figureOf(version, fresh)];
    });
  }

  forget(tenant: string): void {
    this.#tenants.delete(tenant);
  }
}

function sliceOf(slices: Slice[], nowMs: number): Slice {
  const last = slices.at(-1);
  if (last !== undefined && nowMs - last.fromMs < SLICE_MS) return last;
  const durations = new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0);
  const made = { fromMs: nowMs, requests: 0, errors: 0, scriptFailures: 0, durations };
  slices.push(made);
  if (slices.length > SLICES) slices.shift();
  return made;
}

function addTo(slice: Slice, report: VersionReport): void {
  const { serverErrors, upstreamErrors, upstreams } = report;
  slice.requests += report.requests;
  slice.scriptFailures += report.scriptFailures;
  slice.errors += serverErrors + upstreamErrors;
  for (const { unavailable } of upstreams) slice.errors += unavailable;
  for (const [bucket, count] of report.durations.entries()) {
    slice.durations[bucket] = (slice.durations[bucket] ?? 0) + count;
  }
}

function figureOf(version: number, slices: readonly Slice[]): VersionFigure {
  const sum = (of: (slice: Slice) => number) => slices.reduce((total, one) => total + of(one), 0);
  const durations = [...DURATION_BOUNDS_MS, 0].map((_, bucket) =>
    sum((slice) => slice.durations[bucket] ?? 0),
  );
  return {
    version,
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    scriptFailures: sum(({ scriptFailures }) => scriptFailures),
    p50Ms: quantile(DURATION_BOUNDS_MS, durations, 0.5),
    p99Ms: quantile(DURATION_BOUNDS_MS, durations, 0.99),
  };
}

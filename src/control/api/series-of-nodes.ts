// Series of several proxies as one. Their steps are not the same moments, and their clocks may be
// apart: the last step of each is what has just been, so they are counted from their ends.

import { LIMITS } from "../../base/limits.ts";
import type { Minute, Series } from "../../observe/series.ts";
import { longest, total } from "./summed.ts";

interface NamedMinute extends Minute {
  readonly tenant: string;
}

/** Of the same steps. The end is that of the first one which has any. */
export function seriesOfNodes(all: readonly [Series, ...Series[]]): Series {
  const [first] = all;
  if (all.length === 1) return first;
  const longestOne = Math.max(...all.map(({ points }) => points.requests.length));
  // none of ours has more: what another one says is no reason to count on
  const size = Math.min(longestOne, LIMITS.seriesLongSteps);
  const sums = (of: (points: Series["points"]) => readonly number[]): number[] =>
    Array.from({ length: size }, (_, at) =>
      total(all, ({ points }) => of(points)[of(points).length - size + at] ?? 0),
    );
  const times = (of: (points: Series["points"]) => readonly (number | null)[]) =>
    Array.from({ length: size }, (_, at) =>
      longest(all, ({ points }) => of(points)[of(points).length - size + at] ?? null),
    );
  return {
    stepMs: first.stepMs,
    toMs: all.find(({ toMs }) => toMs > 0)?.toMs ?? 0,
    points: {
      requests: sums(({ requests }) => requests),
      errors: sums(({ errors }) => errors),
      p50Ms: times(({ p50Ms }) => p50Ms),
      p99Ms: times(({ p99Ms }) => p99Ms),
      scriptMs: sums(({ scriptMs }) => scriptMs),
    },
  };
}

interface TimedMinute extends Minute {
  readonly seconds: number;
}

/** As long as the longest of them. */
export const minuteOfNodes = (all: readonly TimedMinute[]): TimedMinute => ({
  ...sumOf(all),
  seconds: longest(all, ({ seconds }) => seconds) ?? 0,
});

/** By tenant, the most requests first; of as many as one has. */
export function minutesOfNodes(all: readonly (readonly NamedMinute[])[]): NamedMinute[] {
  const byTenant = Map.groupBy(all.flat(), ({ tenant }) => tenant);
  return [...byTenant]
    .map(([tenant, minutes]) => ({ tenant, ...sumOf(minutes) }))
    .sort((one, two) => two.requests - one.requests)
    .slice(0, LIMITS.seriesTenants);
}

const sumOf = (minutes: readonly Minute[]): Minute => ({
  requests: total(minutes, ({ requests }) => requests),
  errors: total(minutes, ({ errors }) => errors),
  scriptMs: total(minutes, ({ scriptMs }) => scriptMs),
  p50Ms: longest(minutes, ({ p50Ms }) => p50Ms),
  p99Ms: longest(minutes, ({ p99Ms }) => p99Ms),
});

// Outlier ejection, as Envoy defines it (outlier.rst): peers are judged by what their answers to
// traffic say, and taken out for a while, for longer each time in a row. Works on counts; reads and
// changes nothing by itself.

import type { EjectionConfig } from "../../base/config/upstream/types.ts";

/** What came of attempts at a peer within an interval. */
export interface IntervalCounts {
  readonly successes: number;
  readonly failures: number;
}

/** Indexes of the peers whose success rate is too far below the others'. */
export function rateOutliers(
  counts: readonly IntervalCounts[],
  { successRate }: Pick<EjectionConfig, "successRate">,
): number[] {
  if (successRate === null) return [];
  const { minPeers, minRequests, stdevFactor } = successRate;
  const rates = ratesOf(counts, minRequests);
  if (rates.length < minPeers) return [];
  const mean = rates.reduce((sum, { rate }) => sum + rate, 0) / rates.length;
  const squares = rates.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0);
  const least = mean - Math.sqrt(squares / rates.length) * (stdevFactor / 1_000);
  return rates.filter(({ rate }) => rate < least).map(({ index }) => index);
}

/** Indexes of the peers that fail for too large a part. */
export function percentageOutliers(
  counts: readonly IntervalCounts[],
  { failurePercentage }: Pick<EjectionConfig, "failurePercentage">,
): number[] {
  if (failurePercentage === null) return [];
  const { threshold, minPeers, minRequests } = failurePercentage;
  const rates = ratesOf(counts, minRequests);
  if (rates.length < minPeers) return [];
  return rates.filter(({ rate }) => 100 - rate >= threshold).map(({ index }) => index);
}

interface Rate {
  readonly index: number;
  /** Of successes, in percent. */
  readonly rate: number;
}

function ratesOf(counts: readonly IntervalCounts[], minRequests: number): Rate[] {
  return counts.flatMap(({ successes, failures }, index) => {
    const requests = successes + failures;
    if (requests < minRequests || requests === 0) return [];
    return [{ index, rate: (successes / requests) * 100 }];
  });
}

/** One peer may always be ejected, whatever the percentage says. */
export function mayEject(
  peers: number,
  ejected: number,
  { maxPercent }: Pick<EjectionConfig, "maxPercent">,
): boolean {
  return ejected === 0 || ((ejected + 1) / peers) * 100 <= maxPercent;
}

/** @param times  how often in a row, this time included */
export function ejectionMs(
  times: number,
  { baseMs, maxMs, jitterMs }: Pick<EjectionConfig, "baseMs" | "maxMs" | "jitterMs">,
  random: () => number,
): number {
  return Math.min(baseMs * times, Math.max(maxMs, baseMs)) + random() * jitterMs;
}

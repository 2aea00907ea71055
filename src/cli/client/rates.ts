// Computes rates from two readings of totals: how much there is a second, and how long it takes.

import { InvalidArgumentError } from "commander";

export interface Durations {
  /** Ascending. */
  readonly boundsMs: readonly number[];
  /** At most each bound; last, beyond all. */
  readonly counts: readonly number[];
}

/** A second; 0 if the proxy began anew between the readings. */
export const rateOf = (before: number, after: number, seconds: number): number =>
  Math.max(0, after - before) / seconds;

/** What the durations of `after` have beyond those of `before`. */
export const durationsSince = (before: Durations, after: Durations): Durations => ({
  boundsMs: after.boundsMs,
  counts: after.counts.map((count, i) => Math.max(0, count - (before.counts[i] ?? 0))),
});

/**
 * The least bound that the given share of all stays within, such as 0.99; Infinity: it is beyond
 * the last one; null: there were none.
 */
export function quantileMs({ boundsMs, counts }: Durations, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let within = 0;
  for (const [bucket, count] of counts.entries()) {
    within += count;
    if (within >= total * share) return boundsMs[bucket] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}

/** Three digits are enough to read. */
export const amountText = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));

export const shareText = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${Number(((100 * part) / whole).toFixed(1))} %`;

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${amountText(bytes / 1000 ** power)} ${UNITS[power]}`;
}

const SECONDS_MAX = 3_600;

/** Of a command line: for how long is looked. */
export function parseSeconds(text: string): number {
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  throw new InvalidArgumentError(`Expected a number of seconds, above 0, at most ${SECONDS_MAX}.`);
}

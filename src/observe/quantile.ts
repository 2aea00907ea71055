// How long a share of all took at most, as far as the buckets of a histogram tell.

/** Null: nothing was counted. Within a bucket evenly; beyond the last bound, that bound. */
export function quantile(
  boundsMs: readonly number[],
  counts: readonly number[],
  share: number,
): number | null {
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total === 0) return null;
  let left = share * total;
  for (const [bucket, bound] of boundsMs.entries()) {
    const here = counts[bucket] ?? 0;
    const from = boundsMs[bucket - 1] ?? 0;
    if (here > 0 && left <= here) return from + (bound - from) * (left / here);
    left -= here;
  }
  return boundsMs.at(-1) ?? null;
}

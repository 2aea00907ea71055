// How what several proxies have counted becomes one answer. Counts are added up. Percentiles cannot
// be: of those the longest is told, and that of all requests together is no longer.

export const total = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0);

/** Null: none of them has any. */
export const longest = <T>(all: readonly T[], of: (one: T) => number | null): number | null =>
  all.map(of).reduce<number | null>((most, one) => {
    if (one === null) return most;
    return most === null ? one : Math.max(most, one);
  }, null);

/** The earliest of moments as ISO 8601 has them. */
export const earliest = (all: readonly string[]): string =>
  all.reduce((one, two) => (one < two ? one : two));

// How often a piece of work must be repeated here to take about so long.

/** The best of several measurements of so many `rounds`, for when somebody disturbs. */
export function roundsFor(work: (rounds: number) => unknown, rounds: number, ms: number): number {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    const startMs = performance.now();
    work(rounds);
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return Math.round((rounds * ms) / bestMs);
}

// In which order jobs run, and how many of them at once.

/** What is known of a job before it runs. */
export interface Planned {
  readonly name: string;
}

/**
 * What two processors run at once, in jobs: many wait for a process to start, or for a time to be
 * over, and leave them to others.
 */
export const JOBS_AT_ONCE = 4;

/** One that has a processor to itself, or more, has one other beside it. */
const HEAVY_SHARE = JOBS_AT_ONCE / 2;
const HEAVY = [
  ...["lint", "types: src", "test/hostile/", "test/fuzz/", "test/soak/"],
  ...["test/life/cell-kills.", "test/life/crowd.", "test/life/deployments-load."],
  ...["test/life/fair-share.", "test/life/low-priority.", "test/life/own-bytes."],
  ...["test/life/processor-time.", "test/sandbox/second-chance.", "test/sandbox/watchdog."],
] as const;

/** How much of JOBS_AT_ONCE it takes. */
export const shareOf = ({ name }: Planned): number =>
  HEAVY.some((heavy) => name.startsWith(heavy)) ? HEAVY_SHARE : 1;

/**
 * What takes more than ten seconds, the longest first: begun last, one of them would be all that
 * still runs.
 */
export const LONG = [
  "hostile/cells",
  "life/cell-kills",
  "pack",
  "life/cluster",
  "life/handover",
  "life/worker-end",
  "life/out-of-service",
  "downstream/exchange-counts",
  "fuzz/requests",
  "life/tenant-identity",
  "life/inflight",
  "life/upstream-tls",
  "fuzz/changes",
  "docs/ctx",
  "life/handover-changes",
  "cli/dev",
  "life/deployments",
  "dashboard/dashboard",
  "life/counters-kept",
  "life/reload",
  "life/operate-commands",
  "life/limits",
  "life/timeouts",
  "life/status-commands",
  "life/acme",
  "life/rate-limit",
  "cli/check",
  "life/memory-cache",
  "hostile/endless-start",
  "dashboard/incident",
  "life/unread-bodies",
  "life/deployments-kill",
  "life/attribution",
  "life/broken-at-start",
  "life/value-commands",
  "life/refused-changes",
  "hostile/tiny-chunks",
  "hostile/inline",
  "sandbox/watchdog",
  "life/compose",
  "life/smoke-requests",
  "life/flags-secrets",
  "life/revision",
  "docs/tutorial",
  "life/streamed-responses",
  "dashboard/keyboard",
  "fleet/trials/scratch",
  "life/refused-reloads",
  "control/api/input",
  "life/client-commands",
  "cli/client",
  "life/deployments-load",
  "life/rate-limit-commands",
  "life/resolved-peers",
  "hostile/crypto-flood",
  "life/tenant-certificates",
  "scripts/canary",
  "cli/client-errors",
  "cli/check-uses",
  "hostile/rejected-proxy",
  "life/captures",
  "life/two-operators",
  "hostile/loop-without-via",
  "life/cells",
  "life/tail",
  "life/fetch-ends",
  "life/killed-counts",
  "life/large-effects",
  "life/counter-names",
  "life/phases-failures",
] as const;

/** The long ones first, in their order; all others as they came. */
export function inOrder<T extends Planned>(jobs: readonly T[]): T[] {
  const rank = ({ name }: T): number => {
    const at = LONG.findIndex((long) => name.startsWith(`test/${long}.test.ts`));
    return at === -1 ? LONG.length : at;
  };
  return jobs.toSorted((one, two) => rank(one) - rank(two));
}

/** Runs all, as many at once as their shares allow. Resolves when the last has ended. */
export async function runAll<T extends Planned>(
  jobs: readonly T[],
  run: (job: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let taken = 0;
  for (const job of jobs) {
    const share = shareOf(job);
    // in turn: one that needs room would else wait for all that need less
    while (taken > 0 && taken + share > JOBS_AT_ONCE) await Promise.race(running);
    taken += share;
    const over = run(job).finally(() => {
      taken -= share;
      running.delete(over);
    });
    running.add(over);
  }
  await Promise.all(running);
}

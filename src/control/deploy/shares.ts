// Shares of a tenant's clients among the versions of its script, as whole changes: a new version
// comes in, all go to one, an automatic rollback takes one out.

import type { TrafficShare } from "../store/store.ts";

/** Versions that one tenant may run at once: each has an isolate in every worker. */
export const VERSIONS_MAX = 5;

/**
 * A new version gets its share from the largest ones: `[7: 100]` and 10 % for 8 make
 * `[8: 10, 7: 90]`. What is left with nothing leaves, unless it had nothing before.
 */
export function withNewVersion(
  now: readonly TrafficShare[],
  version: number,
  percent: number,
): TrafficShare[] {
  if (percent === 100) return [{ version, percent }];
  const left = now.map((share) => ({ ...share }));
  let wanted = percent;
  for (const share of left.toSorted((a, b) => b.percent - a.percent)) {
    const taken = Math.min(share.percent, wanted);
    share.percent -= taken;
    wanted -= taken;
  }
  const stay = left.filter((share, i) => share.percent > 0 || now[i]?.percent === 0);
  return [{ version, percent }, ...stay];
}

/** Without a version; the largest of the others gets its share. Null: there is no other. */
export function withoutVersion(
  now: readonly TrafficShare[],
  version: number,
): TrafficShare[] | null {
  const gone = now.find((share) => share.version === version)?.percent ?? 0;
  const rest = now.filter((share) => share.version !== version);
  const [heir] = rest.toSorted((a, b) => b.percent - a.percent || b.version - a.version);
  if (heir === undefined || heir.percent === 0) return null;
  return rest.map((share) =>
    share === heir ? { version: share.version, percent: share.percent + gone } : share,
  );
}

/** Null: these shares can be dealt. */
export function sharesProblem(shares: readonly TrafficShare[]): string | null {
  if (shares.length > VERSIONS_MAX) return `expected at most ${VERSIONS_MAX} versions`;
  const versions = new Set(shares.map(({ version }) => version));
  if (versions.size < shares.length) return "expected each version once";
  const sum = shares.reduce((total, { percent }) => total + percent, 0);
  return sum === 100 ? null : `expected shares that add up to 100, got ${sum}`;
}

// Whether a new version fails more than the old one. What the old one would have suffered from as
// well is not held against the new one:
//
//   a hook that failed,         its own: counted against what the old one had in the same window
//   an answer of its own
//   an upstream that is down    the upstream's, but for requests that the old one would not have
//                               sent there (a version that sends to a wrong upstream), or that went
//                               well for the old one at the same time
//   an upstream's answer 500    may be either's: while both serve they are compared; a version that
//                               serves alone is blamed if it was so from its beginning

import type { RollbackConfig } from "../../base/config/types.ts";
import type { Counts, UpstreamCounts } from "./counts.ts";

export interface Trial {
  readonly fresh: Counts;
  /** What older versions did in the same window. */
  readonly old: Counts;
  /** How the new one began. */
  readonly opening: Counts;
  /** The old ones still serve beside it, and enough to be compared with. */
  readonly isBeside: boolean;
  readonly config: RollbackConfig;
}

/** Null: there is nothing to object to. */
export function verdict(trial: Trial): string | null {
  const { fresh, old, config } = trial;
  if (!config.automatic || fresh.requests < config.minRequests) return null;
  const failed = percent(fresh.scriptFailures, fresh.requests);
  const failedBefore = percent(old.scriptFailures, old.requests);
  return (
    excess("script errors", { now: failed, before: failedBefore }, trial) ??
    excess("answers from 500 on", errorsOf(trial), trial)
  );
}

interface Compared {
  readonly now: number;
  readonly before: number;
}

function excess(what: string, { now, before }: Compared, { fresh, config }: Trial): string | null {
  if (now - before < config.errorPercent) return null;
  return `${what}: ${shown(now)} % of ${fresh.requests} requests, ${shown(before)} % before`;
}

/** In percent of all requests: what is the version's own, and what the old one had of that. */
function errorsOf(trial: Trial): Compared {
  const { fresh, old, opening, isBeside } = trial;
  const own = percent(fresh.serverErrors, fresh.requests);
  const before = percent(old.serverErrors, old.requests);
  // nobody knows what upstreams were like before
  if (old.requests === 0) return { now: own, before };
  const answered = percent(fresh.upstreamErrors, fresh.requests);
  const began = isBeside ? answered : percent(opening.upstreamErrors, opening.requests);
  const answeredBefore = percent(old.upstreamErrors, old.requests);
  const misled = fresh.upstreams.reduce((sum, one) => sum + beyondOld(one, trial), 0);
  return { now: own + Math.min(answered, began) + misled, before: before + answeredBefore };
}

/**
 * In percent of all requests: those that found an upstream down, without those that the old version
 * would have had as well: as many as it sent there, failing as they fail now.
 */
function beyondOld(one: UpstreamCounts, { fresh, old, isBeside, config }: Trial): number {
  if (one.unavailable === 0) return 0;
  const sent = old.upstreams.find(({ destination }) => destination === one.destination);
  const { requests: sentBefore, unavailable } = sent ?? { requests: 0, unavailable: 0 };
  const share = { part: one.requests, of: fresh.requests };
  const rate = { part: one.unavailable, of: one.requests };
  const oldShare = atMost(share, { part: sentBefore, of: old.requests });
  const canCompare = isBeside && sentBefore >= config.minRequests;
  const oldRate = canCompare
    ? atMost(rate, { part: unavailable, of: sentBefore })
    : rate.part / rate.of;
  return 100 * ((share.part / share.of) * (rate.part / rate.of) - oldShare * oldRate);
}

interface Ratio {
  readonly part: number;
  readonly of: number;
}

/** What the old ratio may be without anything but chance: three standard errors above it. */
function atMost(now: Ratio, old: Ratio): number {
  const pooled = (now.part + old.part) / (now.of + old.of);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / now.of + 1 / old.of));
  return Math.min(now.part / now.of, old.part / old.of + 3 * spread);
}

const percent = (part: number, of: number): number => (of === 0 ? 0 : (100 * part) / of);

const shown = (value: number): string => String(Math.round(value * 10) / 10);

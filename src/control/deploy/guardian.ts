// Watches new versions. One that fails more than the old one, in the same window, loses its traffic
// to the old one and is marked as disabled, with the request that failed in the audit log; no
// command is needed for that. It is watched while it shares the traffic, and for a window after it
// has got all of it.

import type { RollbackConfig } from "../../base/config/types.ts";
import type { LiveTenant } from "../live.ts";
import { type FailedRequest, type TakeBack, takeBack } from "./take-back.ts";
import type { TrafficParts } from "./traffic.ts";
import { type Counts, NO_COUNTS, sumOf, verdict, Window } from "./verdict.ts";

/** What a worker says of a version: what happened since it said so last. */
export interface Observed extends Counts {
  readonly tenant: string;
  readonly version: number;
  /** The latest hook that failed. */
  readonly failure: FailedRequest | null;
}

export interface GuardianOptions extends TrafficParts {
  /** Told of each version that was taken back, and of each that could not be. */
  readonly onTakenBack: (what: TakeBack, error: unknown) => void;
}

/** Versions of one tenant as they fare. */
interface Watched {
  readonly windows: Map<number, Window>;
  readonly failures: Map<number, FailedRequest>;
  /** When each was first seen with a share. */
  readonly sinceMs: Map<number, number>;
  isBusy: boolean;
}

export class Guardian {
  readonly #options: GuardianOptions;
  readonly #tenants = new Map<string, Watched>();

  constructor(options: GuardianOptions) {
    this.#options = options;
  }

  observe(observed: readonly Observed[], nowMs: number): void {
    const tenants = new Map(this.#options.live.tenants().map((one) => [one.config.name, one]));
    for (const name of this.#tenants.keys()) if (!tenants.has(name)) this.#tenants.delete(name);
    const seen = new Set<string>();
    for (const one of observed) {
      const tenant = tenants.get(one.tenant);
      // 0: there is no history, and nothing to go back to
      if (tenant === undefined || one.version === 0) continue;
      this.#count(one, tenant.config.rollback, nowMs);
      seen.add(one.tenant);
    }
    for (const name of seen) {
      const tenant = tenants.get(name);
      if (tenant !== undefined) this.#judge(tenant, nowMs);
    }
  }

  #count(one: Observed, { windowMs }: RollbackConfig, nowMs: number): void {
    const watched = this.#tenants.get(one.tenant) ?? newWatched();
    this.#tenants.set(one.tenant, watched);
    const window = watched.windows.get(one.version) ?? new Window(windowMs);
    watched.windows.set(one.version, window);
    window.add(one, nowMs);
    if (one.failure !== null) watched.failures.set(one.version, one.failure);
    if (!watched.sinceMs.has(one.version)) watched.sinceMs.set(one.version, nowMs);
  }

  #judge({ config, scripts }: LiveTenant, nowMs: number): void {
    const watched = this.#tenants.get(config.name);
    if (watched === undefined || watched.isBusy) return;
    const serving = scripts.versions.filter(({ percent }) => percent > 0);
    const version = Math.max(0, ...serving.map((one) => one.version));
    const isSole = serving.length < 2;
    const ageMs = nowMs - (watched.sinceMs.get(version) ?? nowMs);
    // sole and old: whatever it does, no other version is known to do better
    if (isSole && ageMs > config.rollback.windowMs) return forget(watched, version);
    const fresh = watched.windows.get(version)?.sum(nowMs) ?? NO_COUNTS;
    const others = [...watched.windows].filter(([other]) => other < version);
    const old = sumOf(others.map(([, window]) => window.sum(nowMs)));
    const reason = verdict(fresh, old, config.rollback);
    if (reason === null) return;
    const failure = watched.failures.get(version) ?? null;
    this.#takeBack(watched, { tenant: config.name, version, reason, failure });
  }

  #takeBack(watched: Watched, what: TakeBack): void {
    watched.isBusy = true;
    const { onTakenBack, ...parts } = this.#options;
    const over = (error: unknown): void => {
      // also if it could not be: what is counted from now on decides whether it is tried again
      this.#tenants.delete(what.tenant);
      onTakenBack(what, error);
    };
    takeBack(parts, what).then(() => over(null), over);
  }
}

const newWatched = (): Watched => ({
  windows: new Map(),
  failures: new Map(),
  sinceMs: new Map(),
  isBusy: false,
});

/** Of versions that are gone nothing is kept. */
function forget(watched: Watched, current: number): void {
  for (const kept of [watched.windows, watched.failures, watched.sinceMs]) {
    for (const version of kept.keys()) if (version !== current) kept.delete(version);
  }
}

// Watches new versions. One that fails more than the old one, in the same window, loses its traffic
// to the old one and is marked as disabled, with the request that failed in the audit log; no
// command is needed for that. It is watched while it shares the traffic, and for a window after it
// has got all of it.

import type { LiveTenant } from "../live.ts";
import type { Fence } from "../store/store.ts";
import { type Counts, Opening, sumOf, Window } from "./counts.ts";
import { type FailedRequest, type TakeBack, takeBack } from "./take-back.ts";
import type { TrafficParts } from "./traffic.ts";
import { verdict } from "./verdict.ts";

/** What a worker says of a version: what happened since it said so last. */
export interface Observed extends Counts {
  /** Its identity. */
  readonly tenant: string;
  readonly version: number;
  /** The latest hook that failed. */
  readonly failure: FailedRequest | null;
}

export interface GuardianOptions extends TrafficParts {
  /** Leave to judge for all proxies; null: another one has it. Left out: this one is alone. */
  readonly fence?: () => Fence | null;
  /** Told of each version that was taken back, and of each that could not be. */
  readonly onTakenBack: (what: TakeBack, error: unknown) => void;
}

/** A version as it fares. */
interface Watched {
  readonly window: Window;
  readonly opening: Opening;
  failure: FailedRequest | null;
}

/** The version that has all of the traffic. */
interface Sole {
  readonly version: number;
  /** Since when; null: it is being asked. */
  sinceMs: number | null;
}

interface WatchedTenant {
  readonly versions: Map<number, Watched>;
  /** Null: several versions share the traffic, or nobody has looked. */
  sole: Sole | null;
  isBusy: boolean;
}

export class Guardian {
  readonly #options: GuardianOptions;
  /** By their identities. */
  readonly #tenants = new Map<string, WatchedTenant>();

  constructor(options: GuardianOptions) {
    this.#options = options;
  }

  /** @param nowMs  a clock that never goes back */
  observe(observed: readonly Observed[], nowMs: number): void {
    for (const tenant of this.recall(observed, nowMs)) this.#look(tenant, nowMs);
  }

  /** What happened before this process could judge. Results in whose it was. */
  recall(observed: readonly Observed[], nowMs: number): ReadonlySet<LiveTenant> {
    const tenants = new Map(this.#options.live.tenants().map((one) => [one.id, one]));
    const seen = new Set<LiveTenant>();
    for (const one of observed) {
      const tenant = tenants.get(one.tenant);
      // 0: there is no history, and nothing to go back to
      if (tenant === undefined || one.version === 0) continue;
      this.#count(one, tenant, nowMs);
      seen.add(tenant);
    }
    return seen;
  }

  /** Another proxy judges. */
  forgetAll(): void {
    this.#tenants.clear();
  }

  /** The tenant of this identity is gone. */
  forget(id: string): void {
    this.#tenants.delete(id);
  }

  #count(one: Observed, { config: { rollback } }: LiveTenant, nowMs: number): void {
    const tenant = this.#tenants.get(one.tenant) ?? newTenant();
    this.#tenants.set(one.tenant, tenant);
    const { windowMs, minRequests } = rollback;
    const watched = tenant.versions.get(one.version) ?? {
      window: new Window(windowMs),
      opening: new Opening(nowMs, windowMs, minRequests),
      failure: null,
    };
    tenant.versions.set(one.version, watched);
    watched.window.add(one, nowMs);
    watched.opening.add(one, nowMs);
    watched.failure = one.failure ?? watched.failure;
  }

  #look(tenant: LiveTenant, nowMs: number): void {
    const watched = this.#tenants.get(tenant.id);
    if (watched === undefined || watched.isBusy) return;
    const serving = tenant.scripts.versions.filter(({ percent }) => percent > 0);
    const version = Math.max(0, ...serving.map((one) => one.version));
    if (serving.length > 1) {
      watched.sole = null;
      return this.#judge(tenant, version, nowMs);
    }
    if (watched.sole?.version !== version) return this.#ask(watched, tenant, version, nowMs);
    const { sinceMs } = watched.sole;
    if (sinceMs === null) return;
    // sole and old: whatever it does, no other version is known to do better
    if (nowMs - sinceMs > tenant.config.rollback.windowMs) return forgetOthers(watched, version);
    this.#judge(tenant, version, nowMs);
  }

  /** Since when it has had all of the traffic: maybe since long before this process began. */
  #ask(watched: WatchedTenant, { config }: LiveTenant, version: number, nowMs: number): void {
    const sole: Sole = { version, sinceMs: null };
    watched.sole = sole;
    // asked again when it has done something more
    const again = (): void => {
      if (watched.sole === sole) watched.sole = null;
    };
    const { store } = this.#options;
    // another machine may have given it all of the traffic: their clocks are not compared
    Promise.all([store.fullTraffic(config.name), store.nowMs()]).then(([rows, storeMs]) => {
      const row = rows.find((one) => one.version === version);
      // workers may tell of a version a moment before the store has it
      if (row === undefined) again();
      else sole.sinceMs = nowMs - Math.max(0, storeMs - row.sinceMs);
    }, again);
  }

  #judge({ id, config, scripts }: LiveTenant, version: number, nowMs: number): void {
    const watched = this.#tenants.get(id);
    const fresh = watched?.versions.get(version);
    if (watched === undefined || fresh === undefined) return;
    const olds = [...watched.versions].filter(([other]) => other < version);
    const old = sumOf(olds.map(([, one]) => one.window.sum(nowMs)));
    const { minRequests } = config.rollback;
    const others = scripts.versions.filter((one) => one.version !== version && one.percent > 0);
    const reason = verdict({
      fresh: fresh.window.sum(nowMs),
      old,
      opening: fresh.opening.counts,
      isBeside: others.length > 0 && old.requests >= minRequests,
      config: config.rollback,
    });
    if (reason === null) return;
    const { failure } = fresh;
    this.#takeBack(watched, id, { tenant: config.name, version, reason, failure });
  }

  #takeBack(watched: WatchedTenant, id: string, what: TakeBack): void {
    const { onTakenBack, fence: fenceOf, ...parts } = this.#options;
    const fence = fenceOf?.();
    if (fence === null) return;
    watched.isBusy = true;
    const over = (error: unknown): void => {
      // also if it could not be: what is counted from now on decides whether it is tried again
      this.#tenants.delete(id);
      onTakenBack(what, error);
    };
    takeBack(parts, { ...what, fence }).then(() => over(null), over);
  }
}

const newTenant = (): WatchedTenant => ({ versions: new Map(), sole: null, isBusy: false });

/** Of versions that are gone nothing is kept. */
function forgetOthers({ versions }: WatchedTenant, current: number): void {
  for (const version of versions.keys()) if (version !== current) versions.delete(version);
}

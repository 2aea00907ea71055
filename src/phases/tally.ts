// Counts what one version did since its worker last reported, so that a new version can be
// compared with the old one (control/deploy/verdict.ts). Failures of an upstream are counted for
// each upstream, because an upstream that is down fails for every version that sends to it.

import type { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

/** A hook that failed, as the audit log tells of it. */
export interface ScriptFailure {
  /** Of the request. */
  readonly id: string;
  readonly hook: string;
  readonly code: string;
  /** `main.ts:12:7`; empty: unknown. */
  readonly at: string;
}

/** What is looked at of an exchange when it is over. */
export interface EndedExchange {
  /** A hook of its has run. */
  readonly hasRun: boolean;
  /** One had no turn in time. */
  readonly wasBusy: boolean;
  /** The first hook that failed. */
  readonly scriptFailure: ScriptFailure | null;
  readonly response: { readonly status: number } | null;
  readonly error: SluiceError | null;
  readonly options: { readonly responseTimeoutMs?: number };
  readonly destination: string;
  readonly upstreamStatus: number;
}

/** Each request once, by what it came to; those of the script besides. */
export interface Outcomes {
  readonly requests: number;
  /** Requests of which a hook failed. */
  readonly scriptFailures: number;
  /** Requests that ended with a status from 500 on which no upstream is to blame for. */
  readonly serverErrors: number;
  /** Requests to which an upstream answered that it failed: it may be the request that made it. */
  readonly upstreamErrors: number;
}

/** Requests that went to one upstream: a group of the configuration, or a peer of the script's. */
export interface UpstreamTally {
  /** Its name, or the peer as the script wrote it; empty: any other. */
  readonly destination: string;
  readonly requests: number;
  /** It could not be reached, broke off, or said that it is out of service. */
  readonly unavailable: number;
}

export interface Tally extends Outcomes {
  /** Times of requests, in the buckets of `DURATION_BOUNDS_MS` and one beyond. */
  readonly durations: readonly number[];
  readonly upstreams: readonly UpstreamTally[];
  /** The latest. */
  readonly failure: ScriptFailure | null;
}

/** Close enough to tell a version that is slower from one that is not. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2, 4, 8, 15, 30, 60, 125, 250, 500, 1_000, 2_000, 4_000, 8_000, 30_000,
];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Tallies {
  #outcomes: Mutable<Outcomes> = none();
  #upstreams = new Map<string, Mutable<UpstreamTally>>();
  /** The one that the last request went to: mostly the next one goes there too. */
  #upstream: Mutable<UpstreamTally> | null = null;
  #failure: ScriptFailure | null = null;
  #durations = noDurations();

  get requests(): number {
    return this.#outcomes.requests;
  }

  /** One that was not let through to the script. */
  refused(): void {
    this.#outcomes.requests++;
    this.#outcomes.serverErrors++;
  }

  scriptFailed(failure: ScriptFailure): void {
    this.#outcomes.scriptFailures++;
    this.#failure = failure;
  }

  /** @param durationMs  from its head's end to its own, logging hooks included */
  ended(exchange: EndedExchange, durationMs: number): void {
    const outcomes = this.#outcomes;
    outcomes.requests++;
    this.#durations[bucketOf(durationMs)]! += 1;
    const upstream = this.#upstreamOf(exchange.destination);
    if (upstream !== null) upstream.requests++;
    const status = exchange.response?.status ?? 0;
    if (status < 500) return;
    const fault = faultOf(exchange);
    if (fault === "unavailable" && upstream !== null) upstream.unavailable++;
    else if (fault === "answered") outcomes.upstreamErrors++;
    else outcomes.serverErrors++;
  }

  take(): Tally {
    const upstreams = [...this.#upstreams.values()];
    const durations = [...this.#durations];
    const tally = { ...this.#outcomes, upstreams, durations, failure: this.#failure };
    this.#outcomes = none();
    this.#upstreams = new Map();
    this.#upstream = null;
    this.#failure = null;
    this.#durations = noDurations();
    return tally;
  }

  #upstreamOf(destination: string): Mutable<UpstreamTally> | null {
    if (destination === "") return null;
    if (this.#upstream?.destination === destination) return this.#upstream;
    const known = this.#upstreams.get(destination) ?? this.#newUpstream(destination);
    this.#upstream = known;
    return known;
  }

  #newUpstream(destination: string): Mutable<UpstreamTally> {
    const isOne =
      this.#upstreams.size < LIMITS.talliedUpstreams &&
      destination.length <= LIMITS.talliedUpstreamChars;
    const name = isOne ? destination : "";
    const made = this.#upstreams.get(name) ?? { destination: name, requests: 0, unavailable: 0 };
    this.#upstreams.set(name, made);
    return made;
  }
}

const none = (): Mutable<Outcomes> => ({
  requests: 0,
  scriptFailures: 0,
  serverErrors: 0,
  upstreamErrors: 0,
});

const noDurations = (): Float64Array => new Float64Array(DURATION_BOUNDS_MS.length + 1);

function bucketOf(durationMs: number): number {
  let bucket = 0;
  while (bucket < DURATION_BOUNDS_MS.length && durationMs > DURATION_BOUNDS_MS[bucket]!) bucket++;
  return bucket;
}

/** What an upstream says that is out of service itself, or whose own upstream is. */
const OUT_OF_SERVICE: ReadonlySet<number> = new Set([502, 503, 504]);

function faultOf(exchange: EndedExchange): "own" | "answered" | "unavailable" {
  const { scriptFailure, error, options, upstreamStatus } = exchange;
  if (scriptFailure !== null) return "own";
  if (error === null && upstreamStatus < 500) return "own";
  // no version would have had one either
  if (error?.code === "out_of_descriptors") return "unavailable";
  if (error === null) return OUT_OF_SERVICE.has(upstreamStatus) ? "unavailable" : "answered";
  // the script may have set a time that is too short
  const isOwnTime = error.code === "upstream_timeout" && options.responseTimeoutMs !== undefined;
  return error.kind.blame === "upstream" && !isOwnTime ? "unavailable" : "own";
}

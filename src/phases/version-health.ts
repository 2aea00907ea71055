// How one deployment has fared in this worker. Its circuit breaker (base/breaker.ts) opens when
// nearly every request fails, and closes when some in a row have passed: open, no request runs the
// script; half-open, one at a time does. A script that fails now and then is not for a breaker: it
// would make half the requests fail that otherwise pass.

import { Breaker, type BreakerState } from "../base/breaker.ts";
import { type EndedExchange, Tallies, type Tally } from "./tally.ts";

export interface BreakerOptions {
  readonly failurePercent: number;
  /** Within the last seconds; fewer say nothing. */
  readonly minRequests: number;
  /** How long it stays open the first time. */
  readonly openMs: number;
}

/** What happened since it was asked last. */
export interface HealthReport extends Tally {
  readonly breaker: BreakerState;
}

/** Requests are counted in windows of this length; a window and the one before are looked at. */
const WINDOW_MS = 5_000;
/** Probes in a row that must pass. */
const PROBES = 3;
/** It is open for at most so many times `openMs`. */
const BACKOFF_MAX = 32;

export class VersionHealth {
  /** Read for each request: whether there is anything to ask at all. */
  isClosed = true;
  readonly #options: BreakerOptions;
  readonly #breaker: Breaker;
  #windowMs = 0;
  #requests = 0;
  #failures = 0;
  #requestsBefore = 0;
  #failuresBefore = 0;
  /** Until when one is awaited; a stream may last for hours, and others must not wait for it. */
  #probeUntilMs = 0;
  #passed = 0;
  readonly #tallies = new Tallies();
  /** Null: nothing, so that what was known of another one before it is forgotten. */
  #told: BreakerState | null = null;

  /** @param changed  told of each new state of the breaker */
  constructor(options: BreakerOptions, changed: (state: BreakerState) => void) {
    this.#options = options;
    const timing = { openMs: options.openMs, backoffMax: BACKOFF_MAX, openingsMax: Infinity };
    this.#breaker = new Breaker(timing, (state) => {
      this.#begin(state);
      changed(state);
    });
  }

  /** Out of service for good. */
  static disabled(): VersionHealth {
    const options = { failurePercent: 100, minRequests: 1, openMs: 0 };
    const health = new VersionHealth(options, () => undefined);
    health.#breaker.disable();
    return health;
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** Whether the next request may run the script. Asked only while it is not closed. */
  admits(nowMs: number): boolean {
    this.#breaker.look(nowMs);
    if (this.state === "closed") return true;
    if (this.state === "half-open" && nowMs >= this.#probeUntilMs) {
      this.#probeUntilMs = nowMs + this.#options.openMs;
      return true;
    }
    this.#tallies.refused();
    return false;
  }

  /** A request that it had is over. */
  ended(exchange: EndedExchange, durationMs: number, nowMs: number): void {
    this.#tallies.ended(exchange, durationMs);
    const { scriptFailure: failure } = exchange;
    // it did not run: the breaker of the tenant's processes is open, whatever the version
    const isRefused = failure?.code === "script_disabled";
    if (failure !== null && !isRefused) this.#tallies.scriptFailed(failure);
    if (isRefused || (failure === null && !isProof(exchange))) this.#probeUntilMs = 0;
    else if (this.state === "closed") this.#count(failure !== null, nowMs);
    else if (this.state === "half-open") this.#probed(failure !== null, nowMs);
  }

  /** Null: nothing happened. The first time something always has: it is there. */
  take(): HealthReport | null {
    if (this.#tallies.requests === 0 && this.#told === this.state) return null;
    this.#told = this.state;
    return { ...this.#tallies.take(), breaker: this.state };
  }

  #count(isFailure: boolean, nowMs: number): void {
    if (nowMs - this.#windowMs >= WINDOW_MS) this.#nextWindow(nowMs);
    this.#requests++;
    if (!isFailure) return;
    this.#failures++;
    const { minRequests, failurePercent } = this.#options;
    const requests = this.#requests + this.#requestsBefore;
    const failures = this.#failures + this.#failuresBefore;
    if (requests < minRequests || failures * 100 < requests * failurePercent) return;
    this.#breaker.trip(nowMs);
  }

  #nextWindow(nowMs: number): void {
    const isNext = nowMs - this.#windowMs < 2 * WINDOW_MS;
    this.#requestsBefore = isNext ? this.#requests : 0;
    this.#failuresBefore = isNext ? this.#failures : 0;
    this.#requests = 0;
    this.#failures = 0;
    this.#windowMs = nowMs;
  }

  /** Requests that began before it opened end here too: what they say counts as well. */
  #probed(isFailure: boolean, nowMs: number): void {
    this.#probeUntilMs = 0;
    if (isFailure) return this.#breaker.trip(nowMs);
    this.#passed++;
    if (this.#passed >= PROBES) this.#breaker.close();
  }

  #begin(state: BreakerState): void {
    this.isClosed = state === "closed";
    this.#probeUntilMs = 0;
    this.#passed = 0;
    this.#windowMs = -Infinity;
  }
}

/** The script ran for it, and nobody broke it off before all of its hooks had run. */
const isProof = ({ hasRun, wasBusy, error }: EndedExchange): boolean =>
  hasRun && !wasBusy && error?.kind.blame !== "downstream";

// How one deployment has fared in this worker, and its circuit breaker:
//
//   closed ──nearly every request fails──▶ open ──time is up──▶ half-open ──probes pass──▶ closed
//                                            ▲                     │
//                                            └──── a probe fails ──┘   (each time for longer)
//
// Open, no request runs the script; half-open, one at a time does. A script that fails now and then
// is not for a breaker: it would make half the requests fail that otherwise pass.

/** A hook that failed, as the audit log tells of it. */
export interface ScriptFailure {
  /** Of the request. */
  readonly id: string;
  readonly hook: string;
  readonly code: string;
  /** `main.ts:12:7`; empty: unknown. */
  readonly at: string;
}

export interface BreakerOptions {
  readonly failurePercent: number;
  /** Within the last seconds; fewer say nothing. */
  readonly minRequests: number;
  /** How long it stays open the first time. */
  readonly openMs: number;
}

/** `disabled`: open until an operator says otherwise. */
export type BreakerState = "closed" | "open" | "half-open" | "disabled";

/** What happened since it was asked last. */
export interface Tally {
  readonly requests: number;
  /** Requests of which a hook failed. */
  readonly scriptFailures: number;
  /** Requests that ended with a status from 500 on. */
  readonly serverErrors: number;
  /** The latest. */
  readonly failure: ScriptFailure | null;
  readonly breaker: BreakerState;
}

/** Requests are counted in turns of this length; a turn and the one before are looked at. */
const TURN_MS = 5_000;
/** Probes in a row that must pass. */
const PROBES = 3;
/** It is open for at most so many times `openMs`. */
const BACKOFF_MAX = 32;

export class Standing {
  /** Read for each request: whether there is anything to ask at all. */
  isClosed = true;
  readonly #options: BreakerOptions;
  readonly #changed: (state: BreakerState) => void;
  #state: BreakerState = "closed";
  #turnMs = 0;
  #requests = 0;
  #failures = 0;
  #requestsBefore = 0;
  #failuresBefore = 0;
  #openUntilMs = 0;
  #backoff = 1;
  #isProbing = false;
  #passed = 0;
  #tally = { requests: 0, scriptFailures: 0, serverErrors: 0 };
  #failure: ScriptFailure | null = null;
  #told: BreakerState = "closed";

  /** @param changed  told of each new state of the breaker */
  constructor(options: BreakerOptions, changed: (state: BreakerState) => void) {
    this.#options = options;
    this.#changed = changed;
  }

  /** Out of service for good. */
  static disabled(): Standing {
    const options = { failurePercent: 100, minRequests: 1, openMs: 0 };
    const standing = new Standing(options, () => undefined);
    standing.#state = "disabled";
    standing.isClosed = false;
    return standing;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether the next request may run the script. Asked only while it is not closed. */
  admits(nowMs: number): boolean {
    if (this.#state === "open" && nowMs >= this.#openUntilMs) this.#become("half-open");
    const isProbe = this.#state === "half-open" && !this.#isProbing;
    if (isProbe) this.#isProbing = true;
    if (isProbe || this.#state === "closed") return true;
    this.#tally.requests++;
    this.#tally.serverErrors++;
    return false;
  }

  /** A request that it had is over. */
  ended(failure: ScriptFailure | null, status: number, nowMs: number): void {
    this.#tally.requests++;
    if (status >= 500) this.#tally.serverErrors++;
    if (failure !== null) {
      this.#tally.scriptFailures++;
      this.#failure = failure;
    }
    if (this.#state === "closed") this.#count(failure !== null, nowMs);
    else if (this.#state === "half-open") this.#probed(failure !== null, nowMs);
  }

  /** Null: nothing happened. */
  take(): Tally | null {
    const { requests } = this.#tally;
    if (requests === 0 && this.#told === this.#state) return null;
    const tally = { ...this.#tally, failure: this.#failure, breaker: this.#state };
    this.#tally = { requests: 0, scriptFailures: 0, serverErrors: 0 };
    this.#failure = null;
    this.#told = this.#state;
    return tally;
  }

  #count(isFailure: boolean, nowMs: number): void {
    if (nowMs - this.#turnMs >= TURN_MS) this.#nextTurn(nowMs);
    this.#requests++;
    if (!isFailure) return;
    this.#failures++;
    const { minRequests, failurePercent } = this.#options;
    const requests = this.#requests + this.#requestsBefore;
    const failures = this.#failures + this.#failuresBefore;
    if (requests < minRequests || failures * 100 < requests * failurePercent) return;
    this.#open(nowMs);
  }

  #nextTurn(nowMs: number): void {
    const isNext = nowMs - this.#turnMs < 2 * TURN_MS;
    this.#requestsBefore = isNext ? this.#requests : 0;
    this.#failuresBefore = isNext ? this.#failures : 0;
    this.#requests = 0;
    this.#failures = 0;
    this.#turnMs = nowMs;
  }

  /** Requests that began before it opened end here too: what they say counts as well. */
  #probed(isFailure: boolean, nowMs: number): void {
    this.#isProbing = false;
    if (isFailure) {
      this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MAX);
      this.#open(nowMs);
      return;
    }
    this.#passed++;
    if (this.#passed < PROBES) return;
    this.#backoff = 1;
    this.#turnMs = -Infinity;
    this.#become("closed");
  }

  #open(nowMs: number): void {
    this.#openUntilMs = nowMs + this.#options.openMs * this.#backoff;
    this.#become("open");
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.isClosed = state === "closed";
    this.#isProbing = false;
    this.#passed = 0;
    this.#changed(state);
  }
}

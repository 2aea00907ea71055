// A circuit breaker: it decides whether something that kept failing may be tried again. There is
// one for each version of a script in each worker (phases/version-health.ts), and one for each
// tenant's processes (fleet/cells/tenant-trust.ts). The owner of a breaker decides what counts as
// a failure and what as proof.
//
//   closed ──trip──▶ open ──time is up──▶ half-open ──close──▶ closed
//                     ▲                    │     ▲
//                     └─trip, for longer───┤     └── enable or tryEarly, from open and disabled
//                                          └─trip once too often──▶ disabled

export type BreakerState = "closed" | "half-open" | "open" | "disabled";

/** The best first. */
export const BREAKER_STATES = ["closed", "half-open", "open", "disabled"] as const;

/** Of several, such as one for each worker. */
export function worst(states: Iterable<BreakerState>): BreakerState {
  const ranks = Array.from(states, (state) => BREAKER_STATES.indexOf(state));
  return BREAKER_STATES[Math.max(0, ...ranks)] ?? "closed";
}

export interface BreakerTiming {
  /** How long it is open the first time; twice as long each time after that. */
  readonly openMs: number;
  /** It is open for at most so many times `openMs`. */
  readonly backoffMax: number;
  /** So often it opens without having closed; then it is disabled. */
  readonly openingsMax: number;
}

export class Breaker {
  readonly #timing: BreakerTiming;
  readonly #changed: (state: BreakerState) => void;
  #state: BreakerState = "closed";
  #openings = 0;
  #untilMs = 0;

  /** @param changed  told of each new state */
  constructor(timing: BreakerTiming, changed: (state: BreakerState) => void) {
    this.#timing = timing;
    this.#changed = changed;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Nothing may run. */
  get isOut(): boolean {
    return this.#state === "open" || this.#state === "disabled";
  }

  /** It was tried before its time, and that has not come. */
  isEarly(nowMs: number): boolean {
    return this.#state === "half-open" && nowMs < this.#untilMs;
  }

  /** What ran failed too often. What still ends while it is open says nothing new. */
  trip(nowMs: number): void {
    if (this.isOut) return;
    const { openMs, backoffMax, openingsMax } = this.#timing;
    this.#openings++;
    if (this.#openings > openingsMax) return this.disable();
    this.#untilMs = nowMs + openMs * Math.min(2 ** (this.#openings - 1), backoffMax);
    this.#become("open");
  }

  /** To be called before it is asked, or often. True: its time was up, it is half-open now. */
  look(nowMs: number): boolean {
    if (this.#state !== "open" || nowMs < this.#untilMs) return false;
    this.#become("half-open");
    return true;
  }

  /** What was tried has proved itself. */
  close(): void {
    if (this.#state !== "half-open") return;
    this.#openings = 0;
    this.#become("closed");
  }

  disable(): void {
    this.#untilMs = Infinity;
    if (this.#state !== "disabled") this.#become("disabled");
  }

  /** Something else is to run. Nothing is forgiven: it opens next for as long as it would have. */
  tryEarly(): void {
    if (this.isOut) this.#become("half-open");
  }

  /** Someone says that it may be tried, as if it had never opened. False: it might anyway. */
  enable(): boolean {
    this.#openings = 0;
    this.#untilMs = 0;
    if (!this.isOut) return false;
    this.#become("half-open");
    return true;
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#changed(state);
  }
}

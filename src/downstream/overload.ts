// Whether this worker has more to do than it can, and which requests it therefore answers with 503
// at once, so that the others are served in time. A share of them is shed, which grows as long as
// one of the signals is over its bound, and shrinks as soon as none is: half a second of a burst
// costs nobody anything, and what lasts is met in seconds.

/** What is measured, ten times a second. */
export interface OverloadSignals {
  /** How late a timer was, or a request begins, for want of this thread's own time. */
  readonly lagMs: number;
  readonly requests: number;
  readonly rssBytes: number;
}

/** Infinity: no bound. */
export type OverloadBounds = OverloadSignals;

export const ANY: OverloadBounds = {
  lagMs: Number.POSITIVE_INFINITY,
  requests: Number.POSITIVE_INFINITY,
  rssBytes: Number.POSITIVE_INFINITY,
};

type Signal = keyof OverloadSignals;

const KEYS: Readonly<Record<Signal, string>> = {
  lagMs: "overload.lagMs",
  requests: "overload.requests",
  rssBytes: "overload.memoryPercent",
};

const SIGNALS = ["lagMs", "requests", "rssBytes"] as const satisfies readonly Signal[];

/** Samples over the bound until anything is shed: a pause of the collector is no load. */
const PATIENCE = 3;
/** Of all requests, up and down in one sample: the way back is slower, or it would swing. */
const UP = 0.1;
const DOWN = 0.05;
/** Some get through: clients must learn that it is over, and so must we. */
const SHARE_MAX = 0.95;
/** New handshakes cost more than requests, and bring more of them. */
const HANDSHAKES_AT = 0.5;

export class OverloadGate {
  bounds: OverloadBounds = ANY;
  /** From 0 to 1: the share of requests that are shed. */
  share = 0;
  /** What is over its bound; null: nothing, or not for long enough. */
  over: Signal | null = null;
  #samplesOver = 0;
  /** Of a request: error diffusion spreads those that are shed evenly. */
  #owed = 0;

  sample(signals: OverloadSignals): void {
    const over = SIGNALS.find((signal) => signals[signal] > this.bounds[signal]) ?? null;
    this.#samplesOver = over === null ? 0 : this.#samplesOver + 1;
    this.over = this.#samplesOver < PATIENCE ? null : over;
    const next = this.over === null ? this.share - DOWN : this.share + UP;
    this.share = Math.min(SHARE_MAX, Math.max(0, next));
  }

  /** Asked for each request, which is then shed. */
  sheds(): boolean {
    if (this.share === 0) return false;
    this.#owed += this.share;
    if (this.#owed < 1) return false;
    this.#owed -= 1;
    return true;
  }

  get reason(): string {
    return this.over === null ? "the worker recovers" : `over ${KEYS[this.over]}`;
  }

  get refusesHandshakes(): boolean {
    return this.share >= HANDSHAKES_AT;
  }
}

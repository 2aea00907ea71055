// Counts what versions did within some time: sums of what the workers report, in a moving window.

/** Requests that went to one upstream. */
export interface UpstreamCounts {
  /** Name of its group, or the peer as the script wrote it; empty: any other. */
  readonly destination: string;
  readonly requests: number;
  /** It could not be reached, broke off, or said that it is out of service. */
  readonly unavailable: number;
}

export interface Counts {
  readonly requests: number;
  /** Requests of which a hook failed. */
  readonly scriptFailures: number;
  /** Requests that ended with a status from 500 on which no upstream is to blame for. */
  readonly serverErrors: number;
  /** Requests to which an upstream answered that it failed: it may be the request that made it. */
  readonly upstreamErrors: number;
  readonly upstreams: readonly UpstreamCounts[];
}

export const NO_COUNTS: Counts = {
  requests: 0,
  scriptFailures: 0,
  serverErrors: 0,
  upstreamErrors: 0,
  upstreams: [],
};

const BUCKETS = 12;

/** Counts of the last `windowMs`, in slices that fall out one after the other. */
export class Window {
  readonly #sliceMs: number;
  #slices: { readonly fromMs: number; counts: Counts }[] = [];

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / BUCKETS;
  }

  add(more: Counts, nowMs: number): void {
    const last = this.#slices.at(-1);
    if (last !== undefined && nowMs - last.fromMs < this.#sliceMs) {
      last.counts = sumOf([last.counts, more]);
      return;
    }
    this.#slices.push({ fromMs: nowMs, counts: more });
    if (this.#slices.length > BUCKETS) this.#slices.shift();
  }

  sum(nowMs: number): Counts {
    const since = nowMs - this.#sliceMs * BUCKETS;
    return sumOf(this.#slices.filter(({ fromMs }) => fromMs > since).map(({ counts }) => counts));
  }
}

/** How a version began: its first requests, for a slice of the window and as many as are judged. */
export class Opening {
  readonly #untilMs: number;
  readonly #minRequests: number;
  #counts: Counts = NO_COUNTS;

  constructor(nowMs: number, windowMs: number, minRequests: number) {
    this.#untilMs = nowMs + windowMs / BUCKETS;
    this.#minRequests = minRequests;
  }

  get counts(): Counts {
    return this.#counts;
  }

  add(more: Counts, nowMs: number): void {
    if (nowMs > this.#untilMs && this.#counts.requests >= this.#minRequests) return;
    this.#counts = sumOf([this.#counts, more]);
  }
}

export const sumOf = (all: readonly Counts[]): Counts => ({
  requests: all.reduce((sum, { requests }) => sum + requests, 0),
  scriptFailures: all.reduce((sum, { scriptFailures }) => sum + scriptFailures, 0),
  serverErrors: all.reduce((sum, { serverErrors }) => sum + serverErrors, 0),
  upstreamErrors: all.reduce((sum, { upstreamErrors }) => sum + upstreamErrors, 0),
  upstreams: sumOfUpstreams(all.flatMap(({ upstreams }) => upstreams)),
});

function sumOfUpstreams(all: readonly UpstreamCounts[]): UpstreamCounts[] {
  const sums = new Map<string, UpstreamCounts>();
  for (const { destination, requests, unavailable } of all) {
    const sum = sums.get(destination) ?? { destination, requests: 0, unavailable: 0 };
    sums.set(destination, {
      destination,
      requests: sum.requests + requests,
      unavailable: sum.unavailable + unavailable,
    });
  }
  return [...sums.values()];
}

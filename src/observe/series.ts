// How requests, errors and times went of late, kept in this process so that somebody can look back
// without a Prometheus server: for the whole proxy and for each tenant a ring of short steps and
// one of long steps. Some 40 KB each.

import { LIMITS } from "../base/limits.ts";
import { quantile } from "./quantile.ts";

/** What was counted since the start, by one tenant or by all. */
export interface Counted {
  readonly requests: number;
  readonly errors: number;
  readonly scriptMs: number;
  /** Times of requests, in the buckets of `boundsMs` and one beyond. */
  readonly durations: readonly number[];
}

export interface Sample {
  readonly whole: Counted;
  readonly wholeBoundsMs: readonly number[];
  readonly tenants: ReadonlyMap<string, Counted>;
  /** Names that were counted, and that no tenant has now. */
  readonly others: ReadonlySet<string>;
  readonly tenantBoundsMs: readonly number[];
}

export const SPANS = ["30m", "24h"] as const;
export type Span = (typeof SPANS)[number];

/** Oldest first; null: there was no request. */
export interface Points {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly p50Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
  readonly scriptMs: readonly number[];
}

export interface Series {
  readonly stepMs: number;
  /** End of the last step, in milliseconds since 1970. */
  readonly toMs: number;
  readonly points: Points;
}

/** Sums of a minute. */
export interface Minute {
  readonly requests: number;
  readonly errors: number;
  readonly scriptMs: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** The steps of the last minute and what has come since: nobody waits for the end of a step. */
export interface LastMinute {
  /** How long it was: less than a minute if the process is younger. */
  readonly seconds: number;
  readonly whole: Minute;
  readonly tenants: ReadonlyMap<string, Minute>;
}

const LONG_STEPS = 24;
const MINUTE_STEPS = 12;

export class SeriesRings {
  readonly #startMs: number;
  readonly #tenants = new Map<string, Track>();
  #whole: Track | null = null;
  /** Names in the last sample. */
  #seen: ReadonlySet<string> = new Set();
  #toMs = 0;

  constructor(startMs = Date.now()) {
    this.#startMs = startMs;
  }

  /** To be called once in `LIMITS.seriesStepMs`: the first step is since the process began. */
  add({ whole, wholeBoundsMs, tenants, others, tenantBoundsMs }: Sample, nowMs: number): void {
    this.#toMs = nowMs;
    this.#wholeOf(wholeBoundsMs).add(whole);
    for (const name of this.#tenants.keys()) if (!tenants.has(name)) this.#tenants.delete(name);
    for (const [name, counted] of tenants) this.#trackOf(name, tenantBoundsMs)?.add(counted);
    this.#seen = new Set([...tenants.keys(), ...others]);
  }

  whole(span: Span): Series {
    return seriesOf(this.#whole, span, this.#toMs);
  }

  /** Empty for one that is not known, and for those beyond the bound. */
  tenant(name: string, span: Span): Series {
    return seriesOf(this.#tenants.get(name) ?? null, span, this.#toMs);
  }

  minutes(): ReadonlyMap<string, Minute> {
    return new Map([...this.#tenants].map(([name, track]) => [name, track.minute()]));
  }

  /** @param sample  taken now, between two steps: it is the end of none */
  lastMinute(sample: Omit<Sample, "others">, nowMs: number): LastMinute {
    const { whole, wholeBoundsMs, tenants, tenantBoundsMs } = sample;
    const minutes = [...tenants].flatMap(([name, counted]) => {
      const track = this.#trackOf(name, tenantBoundsMs);
      return track === null ? [] : [[name, track.minute(counted)] as const];
    });
    const fromMs = this.#toMs - (MINUTE_STEPS - 1) * LIMITS.seriesStepMs;
    return {
      seconds: Math.max(0, nowMs - Math.max(this.#startMs, fromMs)) / 1_000,
      whole: this.#wholeOf(wholeBoundsMs).minute(whole),
      tenants: new Map(minutes),
    };
  }

  #wholeOf(boundsMs: readonly number[]): Track {
    this.#whole ??= new Track(boundsMs, NOTHING);
    return this.#whole;
  }

  #trackOf(name: string, boundsMs: readonly number[]): Track | null {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    if (this.#tenants.size >= LIMITS.seriesTenants) return null;
    // what a name had counted before it has a chart may be another tenant's
    const made = new Track(boundsMs, this.#seen.has(name) ? null : NOTHING);
    this.#tenants.set(name, made);
    return made;
  }
}

/** What one step had. */
interface Step {
  readonly requests: number;
  readonly errors: number;
  readonly scriptMs: number;
  readonly durations: readonly number[];
}

const NOTHING: Counted = { requests: 0, errors: 0, scriptMs: 0, durations: [] };

class Track {
  readonly #boundsMs: readonly number[];
  readonly #short = new Ring(LIMITS.seriesSteps);
  readonly #long = new Ring(LIMITS.seriesLongSteps);
  /** Of the last two minutes: the last minute, and the long step that is not full. */
  #steps: Step[] = [];
  #added = 0;
  #before: Counted | null;

  /** @param before  null: not known, so the first count begins the first step and ends none */
  constructor(boundsMs: readonly number[], before: Counted | null) {
    this.#boundsMs = boundsMs;
    this.#before = before;
  }

  add(now: Counted): void {
    const before = this.#before;
    this.#before = now;
    if (before === null) return;
    const step = stepBetween(before, now);
    this.#steps = [...this.#steps.slice(1 - LONG_STEPS), step];
    this.#short.add(this.#figuresOf([step]));
    this.#added++;
    if (this.#added % LONG_STEPS === 0) this.#long.add(this.#figuresOf(this.#steps));
  }

  points(span: Span): Points {
    return (span === "30m" ? this.#short : this.#long).points();
  }

  /** @param now  what is counted by now; null: up to the end of the last step */
  minute(now: Counted | null = null): Minute {
    if (now === null) return this.#figuresOf(this.#steps.slice(-MINUTE_STEPS));
    const rest = this.#before === null ? [] : [stepBetween(this.#before, now)];
    return this.#figuresOf([...this.#steps.slice(1 - MINUTE_STEPS), ...rest]);
  }

  #figuresOf(steps: readonly Step[]): Minute {
    const sum = (of: (step: Step) => number) => steps.reduce((total, one) => total + of(one), 0);
    const durations = [...this.#boundsMs, 0].map((_, bucket) =>
      sum((step) => step.durations[bucket] ?? 0),
    );
    return {
      requests: sum(({ requests }) => requests),
      errors: sum(({ errors }) => errors),
      scriptMs: sum(({ scriptMs }) => scriptMs),
      p50Ms: quantile(this.#boundsMs, durations, 0.5),
      p99Ms: quantile(this.#boundsMs, durations, 0.99),
    };
  }
}

/** What a worker had not told when it was gone is lost, and counts of tenants that are no more. */
function stepBetween(before: Counted, now: Counted): Step {
  const grown = (one: number, other: number): number => Math.max(0, other - one);
  return {
    requests: grown(before.requests, now.requests),
    errors: grown(before.errors, now.errors),
    scriptMs: grown(before.scriptMs, now.scriptMs),
    durations: now.durations.map((value, bucket) => grown(before.durations[bucket] ?? 0, value)),
  };
}

const FIELDS = ["requests", "errors", "p50Ms", "p99Ms", "scriptMs"] as const;

class Ring {
  readonly #cells: Float32Array;
  readonly #size: number;
  #length = 0;
  #next = 0;

  constructor(size: number) {
    this.#size = size;
    this.#cells = new Float32Array(size * FIELDS.length);
  }

  add(figures: Minute): void {
    for (const [index, field] of FIELDS.entries()) {
      this.#cells[this.#next * FIELDS.length + index] = figures[field] ?? Number.NaN;
    }
    this.#next = (this.#next + 1) % this.#size;
    this.#length = Math.min(this.#length + 1, this.#size);
  }

  points(): Points {
    const column = (field: number): number[] =>
      Array.from({ length: this.#length }, (_, index) => {
        const at = (this.#next - this.#length + index + this.#size) % this.#size;
        return Math.round((this.#cells[at * FIELDS.length + field] ?? 0) * 1_000) / 1_000;
      });
    const orNull = (values: readonly number[]) =>
      values.map((value) => (Number.isNaN(value) ? null : value));
    return {
      requests: column(0),
      errors: column(1),
      p50Ms: orNull(column(2)),
      p99Ms: orNull(column(3)),
      scriptMs: column(4),
    };
  }
}

const NO_POINTS: Points = { requests: [], errors: [], p50Ms: [], p99Ms: [], scriptMs: [] };

function seriesOf(track: Track | null, span: Span, toMs: number): Series {
  const stepMs = LIMITS.seriesStepMs * (span === "30m" ? 1 : LONG_STEPS);
  return { stepMs, toMs, points: track?.points(span) ?? NO_POINTS };
}

// Where the time of one request goes: its hooks, their waits for a turn, its attempts at peers, its
// fetches. All requests are timed while any may be kept (kept-requests.ts) or traced (trace/), as
// nobody knows before its end which are worth it; so this is a few numbers in arrays, and spans are
// made of them on demand.

import { monotonicMs } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import { makeSpanId } from "../base/trace-context.ts";

/** One call of hooks: all on the clock of `monotonicMs`. */
export interface TimedCall {
  readonly mask: number;
  readonly startMs: number;
  /** When its frame was written; 0: it never was. */
  readonly turnMs: number;
}

export interface TimedHooks extends TimedCall {
  readonly endMs: number;
  /** That they had the thread; 0: too little for a record. */
  readonly cpuMs: number;
  /** Of a script around the tenant's. */
  readonly isOuter: boolean;
}

/** Parts of the time that a new connection took. */
export interface ConnectSteps {
  /** For its name; 0: it has none, or it was known. */
  readonly resolveMs: number;
  /** For TLS; 0: it is in the clear. */
  readonly tlsMs: number;
}

export interface TimedAttempt {
  readonly peer: string;
  readonly startMs: number;
  /** By which a peer knows who sent it; empty: nobody traces. */
  readonly spanId: string;
  isReused: boolean;
  /** Null: it was reused, or there was no connection. */
  steps: ConnectSteps | null;
  status: number;
  /** 0: it did not come so far. */
  lentMs: number;
  headMs: number;
  endMs: number;
}

export interface TimedFetch {
  readonly method: string;
  /** Without query. */
  readonly url: string;
  readonly spanId: string;
  readonly isOuter: boolean;
  readonly startMs: number;
  status: number;
  /** 0: it did not come so far. */
  headMs: number;
  endMs: number;
}

/** Numbers of one call in the list: mask, start, turn, end, processor time, whose. */
const PER_CALL = 6;

export class Timings {
  readonly startMs: number;
  readonly #isTraced: boolean;
  #callCount = 0;
  /** Null: no call. The list is made with room for two, which most requests have at most. */
  #calls: number[] | null = null;
  #attempts: TimedAttempt[] | null = null;
  /** The last of them. */
  #attempt: TimedAttempt | null = null;
  #fetches: TimedFetch[] | null = null;
  /** In the tenant's hooks, without their waits. */
  scriptMs = 0;
  waitMs = 0;
  /** In those of scripts around it. */
  outerMs = 0;
  /** When somebody first wanted the client's body, and when all of it was here; 0: never. */
  uploadingMs = 0;
  uploadedMs = 0;

  /** @param isTraced  what is sent to others has a span of its own */
  constructor(startMs: number, isTraced: boolean) {
    this.startMs = startMs;
    this.#isTraced = isTraced;
  }

  /** @param cpuMs  that its hooks had the thread; 0: too little for a record */
  called({ mask, startMs, turnMs }: TimedCall, endMs: number, of: CalledOf): void {
    const beganMs = turnMs === 0 ? endMs : turnMs;
    if (of.isOuter) this.outerMs += endMs - beganMs;
    else {
      this.waitMs += beganMs - startMs;
      this.scriptMs += endMs - beganMs;
    }
    if (this.#callCount >= LIMITS.timedCalls) return;
    const at = this.#callCount++ * PER_CALL;
    const whose = of.isOuter ? 1 : 0;
    if (at === 0) {
      this.#calls = [mask, startMs, beganMs, endMs, of.cpuMs, whose, 0, 0, 0, 0, 0, 0];
      return;
    }
    const calls = this.#calls ?? [];
    calls[at] = mask;
    calls[at + 1] = startMs;
    calls[at + 2] = beganMs;
    calls[at + 3] = endMs;
    calls[at + 4] = of.cpuMs;
    calls[at + 5] = whose;
  }

  uploading(): void {
    this.uploadingMs ||= monotonicMs();
  }

  uploaded(): void {
    this.uploadedMs = monotonicMs();
  }

  began(peer: string): void {
    this.left();
    const attempt: TimedAttempt = {
      peer,
      startMs: monotonicMs(),
      spanId: this.#isTraced ? makeSpanId() : "",
      isReused: false,
      steps: null,
      status: 0,
      lentMs: 0,
      headMs: 0,
      endMs: 0,
    };
    this.#attempt = attempt;
    if (this.#attempts === null) this.#attempts = [attempt];
    else {
      if (this.#attempts.length >= LIMITS.timedAttempts) this.#attempts.shift();
      this.#attempts.push(attempt);
    }
  }

  /** @param isAtOnce  as it began: nothing was waited for */
  lent(isReused: boolean, steps: ConnectSteps | null, isAtOnce: boolean): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    attempt.lentMs = isAtOnce ? attempt.startMs : monotonicMs();
    attempt.isReused = isReused;
    attempt.steps = isReused ? null : steps;
  }

  /** @param isComplete  and the peer has nothing under way any more */
  answered(status: number, isComplete: boolean): void {
    const attempt = this.#attempt;
    if (attempt === null || attempt.headMs !== 0) return;
    attempt.headMs = monotonicMs();
    if (isComplete && attempt.endMs === 0) attempt.endMs = attempt.headMs;
    attempt.status = status;
  }

  /** The peer has nothing under way any more. */
  left(): void {
    const attempt = this.#attempt;
    if (attempt !== null && attempt.endMs === 0) attempt.endMs = monotonicMs();
  }

  /** A hop of a fetch begins. Null: there are as many as are noted. */
  fetching(method: string, at: FetchedAt, isOuter: boolean): TimedFetch | null {
    this.#fetches ??= [];
    if (this.#fetches.length >= LIMITS.timedFetches) return null;
    const fetch: TimedFetch = {
      method,
      url: at.origin + at.pathname,
      isOuter,
      startMs: monotonicMs(),
      status: 0,
      headMs: 0,
      endMs: 0,
      spanId: this.#isTraced ? makeSpanId() : "",
    };
    this.#fetches.push(fetch);
    return fetch;
  }

  /** Of the attempt under way; empty: nobody traces. */
  get spanId(): string {
    return this.#attempt?.spanId ?? "";
  }

  get attempts(): readonly TimedAttempt[] {
    this.left();
    return this.#attempts ?? [];
  }

  get fetches(): readonly TimedFetch[] {
    return this.#fetches ?? [];
  }

  get hooks(): readonly TimedHooks[] {
    const calls = this.#calls ?? [];
    return Array.from({ length: this.#callCount }, (_, i) => {
      const [mask = 0, startMs = 0, turnMs = 0, endMs = 0, cpuMs = 0, outer] = calls.slice(
        i * PER_CALL,
      );
      return { mask, startMs, turnMs, endMs, cpuMs, isOuter: outer === 1 };
    });
  }

  /** Until there was a connection: of all attempts. Null: there was none. */
  get connectMs(): number | null {
    return this.#sum(({ startMs, lentMs, endMs }) => (lentMs === 0 ? endMs : lentMs) - startMs);
  }

  /** From then to the first byte of the response. */
  get upstreamMs(): number | null {
    return this.#sum(({ lentMs, headMs, endMs }) =>
      lentMs === 0 ? 0 : (headMs === 0 ? endMs : headMs) - lentMs,
    );
  }

  #sum(of: (attempt: TimedAttempt) => number): number | null {
    this.left();
    if (this.#attempts === null) return null;
    return this.#attempts.reduce((total, attempt) => total + Math.max(0, of(attempt)), 0);
  }
}

/** What is told of a URL: neither its query nor a password. */
type FetchedAt = Pick<URL, "origin" | "pathname">;

interface CalledOf {
  readonly cpuMs: number;
  readonly isOuter: boolean;
}

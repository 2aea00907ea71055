// Where the time of one request goes: its hooks, their waits for a turn, its attempts at peers. All
// requests are timed while any may be kept (kept-requests.ts), as nobody knows before its end which
// ones are worth it; so this is a few numbers in arrays, and spans are made of them on demand.

import { monotonicMs } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import { hooksOf } from "../wire/phases.ts";

export const SPAN_KINDS = ["wait", "hook", "connect", "upstream", "body"] as const;

/** A part of a request's time; milliseconds since its head was complete. */
export interface Span {
  readonly kind: (typeof SPAN_KINDS)[number];
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly detail: string;
}

/** One call of hooks: all on the clock of `monotonicMs`. */
export interface TimedCall {
  readonly mask: number;
  readonly startMs: number;
  /** When its frame was written; 0: it never was. */
  readonly turnMs: number;
}

interface TimedAttempt {
  readonly peer: string;
  readonly startMs: number;
  isReused: boolean;
  status: number;
  /** 0: it did not come so far. */
  lentMs: number;
  headMs: number;
  endMs: number;
}

/** Numbers of one call in the list: mask, start, turn, end, processor time. */
const PER_CALL = 5;
/** A wait that is shorter is none that anybody would look at. */
const WAIT_MS_MIN = 0.05;

export class Timings {
  readonly #startMs = monotonicMs();
  readonly #calls: number[] = [];
  #attempts: TimedAttempt[] | null = null;
  /** In hooks, without their waits. */
  scriptMs = 0;
  waitMs = 0;

  /** @param cpuMs  that its hooks had the thread; 0: too little for a record */
  called({ mask, startMs, turnMs }: TimedCall, endMs: number, cpuMs: number): void {
    const beganMs = turnMs === 0 ? endMs : turnMs;
    this.waitMs += beganMs - startMs;
    this.scriptMs += endMs - beganMs;
    if (this.#calls.length >= LIMITS.timedCalls * PER_CALL) return;
    this.#calls.push(mask, startMs, beganMs, endMs, cpuMs);
  }

  began(peer: string): void {
    this.left();
    const startMs = monotonicMs();
    this.#attempts ??= [];
    if (this.#attempts.length >= LIMITS.timedAttempts) this.#attempts.shift();
    const none = { lentMs: 0, headMs: 0, endMs: 0, status: 0, isReused: false };
    this.#attempts.push({ peer, startMs, ...none });
  }

  lent(isReused: boolean): void {
    const attempt = this.#attempts?.at(-1);
    if (attempt === undefined) return;
    attempt.lentMs = monotonicMs();
    attempt.isReused = isReused;
  }

  answered(status: number): void {
    const attempt = this.#attempts?.at(-1);
    if (attempt === undefined || attempt.headMs !== 0) return;
    attempt.headMs = monotonicMs();
    attempt.status = status;
  }

  /** The peer has nothing under way any more. */
  left(): void {
    const attempt = this.#attempts?.at(-1);
    if (attempt !== undefined && attempt.endMs === 0) attempt.endMs = monotonicMs();
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

  /** In the order of their beginning. */
  spans(): Span[] {
    this.left();
    const spans = [...this.#callSpans(), ...(this.#attempts ?? []).flatMap(attemptSpans)];
    const since = (atMs: number): number => Math.round((atMs - this.#startMs) * 1_000) / 1_000;
    return spans
      .map((span) => ({ ...span, startMs: since(span.startMs), endMs: since(span.endMs) }))
      .sort((one, two) => one.startMs - two.startMs);
  }

  #sum(of: (attempt: TimedAttempt) => number): number | null {
    this.left();
    if (this.#attempts === null) return null;
    return this.#attempts.reduce((total, attempt) => total + Math.max(0, of(attempt)), 0);
  }

  #callSpans(): Span[] {
    const spans: Span[] = [];
    const calls = this.#calls;
    for (let at = 0; at < calls.length; at += PER_CALL) {
      const [mask = 0, startMs = 0, turnMs = 0, endMs = 0, cpuMs = 0] = calls.slice(at);
      const name = hooksOf(mask).join(", ");
      if (turnMs - startMs >= WAIT_MS_MIN) {
        spans.push({ kind: "wait", name: "wait for a turn", startMs, endMs: turnMs, detail: "" });
      }
      const detail = cpuMs > 0 ? `${Math.round(cpuMs * 100) / 100} ms of the processor` : "";
      spans.push({ kind: "hook", name, startMs: turnMs, endMs, detail });
    }
    return spans;
  }
}

function attemptSpans(attempt: TimedAttempt): Span[] {
  const { peer, startMs, lentMs, headMs, endMs, isReused, status } = attempt;
  const hasLent = lentMs !== 0;
  const detail = hasLent ? (isReused ? "reused" : "new") : "failed";
  const name = `connection to ${peer}`;
  const spans: Span[] = [
    { kind: "connect", name, startMs, endMs: hasLent ? lentMs : endMs, detail },
  ];
  if (!hasLent) return spans;
  const until = headMs === 0 ? endMs : headMs;
  const answered = headMs === 0 ? "no answer" : String(status);
  const first = { name: "until its first byte", startMs: lentMs, endMs: until, detail: answered };
  spans.push({ kind: "upstream", ...first });
  if (headMs !== 0) {
    spans.push({ kind: "body", name: "until its last byte", startMs: headMs, endMs, detail: "" });
  }
  return spans;
}

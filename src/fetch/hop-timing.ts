// Where the time of one hop of a fetch goes, and how the trace of its request goes on there.

import { monotonicMs } from "../base/clock.ts";
import type { TimedFetch, Timings } from "../observe/timings.ts";
import type { RequestTrace } from "../observe/trace/request-trace.ts";
import type { Order } from "./order.ts";

/** Where the time of its request is noted, and the trace that it is part of. */
export interface FetchNotes {
  readonly timings: Timings;
  /** Null: nobody traces. */
  readonly trace: RequestTrace | null;
  /** A script around the tenant's fetches. */
  readonly isOuter: boolean;
}

export class HopTiming {
  /** Header lines by which the trace goes on; empty: nobody traces. */
  readonly traceLines: string;
  /** Null: there were as many as are noted. */
  readonly #timed: TimedFetch | null;

  constructor({ timings, trace, isOuter }: FetchNotes, { method, url }: Order) {
    this.#timed = timings.fetching(method, url, isOuter);
    this.traceLines = trace?.linesOf(this.#timed?.spanId ?? trace.spanId) ?? "";
  }

  answered(status: number): void {
    if (this.#timed === null) return;
    this.#timed.headMs = monotonicMs();
    this.#timed.status = status;
  }

  /** Idempotent. */
  ended(): void {
    if (this.#timed?.endMs === 0) this.#timed.endMs = monotonicMs();
  }
}

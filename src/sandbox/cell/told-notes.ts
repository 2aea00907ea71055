// What a cell tells a lane beside its frames: what the calls in them have counted, and what their
// requests hold of in-flight limits until a frame says whose it is.

import { COUNTERS_MAX } from "../../state/counters.ts";
import { decodeLimitNews } from "../../state/limit-notes.ts";
import { UntoldHolds } from "../untold-holds.ts";
import type { CellLaneOptions } from "./cell-lane-options.ts";
import { type CounterNote, decodeNotes } from "./counter-notes.ts";
import { PipeFault, type PipeMessage } from "./pipe.ts";

export class ToldNotes {
  /** Until a frame claims them. */
  readonly holds = new UntoldHolds();
  readonly #options: Pick<CellLaneOptions, "count" | "limit">;
  /** Of this turn: counters that the tenant may not have. */
  #refused = 0;

  constructor(options: Pick<CellLaneOptions, "count" | "limit">) {
    this.#options = options;
  }

  /** A turn begins. */
  begin(): void {
    this.#refused = 0;
  }

  /** Throws PipeFault. */
  take(message: PipeMessage): void {
    for (const note of countsIn(message)) if (!this.#options.count(note)) this.#refused++;
    // a cell knows its tenant's limit, and each new name costs a look at all counters
    if (this.#refused > COUNTERS_MAX) throw new PipeFault("counters beyond all limits");
    if (message.limits.length > 0) this.#limit(message.limits);
  }

  #limit(limits: Buffer): void {
    const news = decodeLimitNews(limits);
    const { limit } = this.#options;
    if (news === null || limit === null) throw new PipeFault("limits that are none");
    for (const hold of limit(news)) this.holds.add(hold);
  }
}

/** What calls have counted. Throws PipeFault. */
export function countsIn({ counters }: PipeMessage): readonly CounterNote[] {
  if (counters.length === 0) return NOTHING;
  const notes = decodeNotes(counters);
  if (notes === null) throw new PipeFault("counters that are none");
  return notes;
}

const NOTHING: readonly CounterNote[] = [];

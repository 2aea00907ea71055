// What a cell lane is given, and what it is told of a cell's end.

import type { Hold } from "../../state/limit-holds.ts";
import type { LimitNews } from "../../state/limit-notes.ts";
import type { Failure } from "../call.ts";
import type { LaneOptions } from "../lane-options.ts";
import type { CounterNote } from "./counter-notes.ts";

export interface CellLaneOptions extends LaneOptions {
  /** The deployment, as the main thread numbers them. */
  readonly key: number;
  /** Number of the lane in its worker. */
  readonly lane: number;
  /** Wait of calls for their turn after which no request is begun, in ms. */
  readonly turnWaitMs: number;
  /** False: the tenant has as many counters as it may have. */
  readonly count: (note: CounterNote) => boolean;
  /** Takes over what the tenant's limits counted; null: it has none. Returns what is held of it. */
  readonly limit: ((news: LimitNews) => readonly Hold[]) | null;
  /** The lane is of no more use. */
  readonly disposed: () => void;
}

/** How a cell ended, as far as it concerns the lane whose turn was running. */
export interface CellDeath {
  readonly turn: number;
  /** What the call gets that did it. */
  readonly failure: Failure;
}

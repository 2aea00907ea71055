// What a cell tells a lane beside its frames: what the calls in them have counted, and what their
// requests hold of in-flight limits until a frame says whose it is.

import { decodeLimitNews } from "../../state/limit-notes.ts";
import { UntoldHolds } from "../untold-holds.ts";
import type { CellLaneOptions } from "./cell-lane-options.ts";
import { NotedCounts } from "./noted-counts.ts";
import { PipeFault, type PipeMessage } from "./pipe.ts";

export class ToldNotes {
  /** Until a frame claims them. */
  readonly holds = new UntoldHolds();
  readonly #options: Pick<CellLaneOptions, "count" | "limit">;
  readonly #counts = new NotedCounts();

  constructor(options: Pick<CellLaneOptions, "count" | "limit">) {
    this.#options = options;
  }

  /** A turn begins. */
  begin(): void {
    this.#counts.begin();
  }

  /** Throws PipeFault. */
  take(message: PipeMessage): void {
    this.#counts.take(message, this.#options.count);
    if (message.limits.length > 0) this.#limit(message.limits);
  }

  #limit(limits: Buffer): void {
    const news = decodeLimitNews(limits);
    const { limit } = this.#options;
    if (news === null || limit === null) throw new PipeFault("limits that are none");
    for (const hold of limit(news)) this.holds.add(hold);
  }
}

// What the control plane asks of the processes that serve, so that a page need not ask over and
// over: a stream of what has changed. The fleet implements it.

import type { OpenTail, TailReader } from "./tail-source.ts";

export interface EventSource {
  /**
   * @param lastId  of the last event that the reader has; null: it has none
   * Null: there are as many readers as there may be.
   */
  open(lastId: string | null, reader: TailReader): OpenTail | null;
}

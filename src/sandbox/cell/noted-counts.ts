// What the calls of a tenant have counted, as their cell tells it. There may be no room for a
// counter: all tenants share one table, and each has a limit. An honest cell may then name it with
// every call; for a cell that was taken over, each name would cost a look at all counters.

import { COUNTERS_MAX } from "../../state/counters.ts";
import { type CounterNote, decodeNotes } from "./counter-notes.ts";
import { PipeFault, type PipeMessage } from "./pipe.ts";

export class NotedCounts {
  /** Names for which there was no room: they are asked for once. */
  #refused = new Set<string>();

  /** There may be room by now. */
  begin(): void {
    if (this.#refused.size > 0) this.#refused = new Set();
  }

  /** @param count  False: there is no room for it. Throws PipeFault. */
  take({ counters }: PipeMessage, count: (note: CounterNote) => boolean): void {
    if (counters.length === 0) return;
    const notes = decodeNotes(counters);
    if (notes === null) throw new PipeFault("counters that are none");
    const refused = this.#refused;
    for (const note of notes) {
      const isRefused = (refused.size > 0 && refused.has(note.name)) || !count(note);
      if (isRefused) refused.add(note.name);
      // a cell has as many names of a tenant at most
      if (refused.size > COUNTERS_MAX) throw new PipeFault("counters beyond all limits");
    }
  }
}

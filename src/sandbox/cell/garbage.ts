// Memory that only V8's garbage collector gives back: the windows of an isolate that is gone are
// shared memory, which this process's own heap holds on to by a few words, and that heap is small
// and rarely collected. So after some hundred isolates it is asked for.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of 100 KB each, so that they come to 25 MB at most; a collection takes some 10 ms. */
const ISOLATES_MAX = 256;

export class Garbage {
  readonly #collect: () => void;
  #isolates = 0;

  constructor(collect: () => void) {
    this.#collect = collect;
  }

  /** An isolate has been disposed of. */
  add(): void {
    this.#isolates++;
  }

  /** To be called regularly, when nothing is under way. */
  sweep(): void {
    if (this.#isolates < ISOLATES_MAX) return;
    this.#isolates = 0;
    this.#collect();
  }
}

/** V8's own `gc`, which no context that is made later has. To be called before any script runs. */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new Error("this V8 has no gc");
  return () => void collect();
}

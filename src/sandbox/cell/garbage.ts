// Memory that only V8's garbage collector gives back: the windows of an isolate that is gone are
// shared memory, which this process's own heap holds on to by a few words, and that heap is small
// and rarely collected. So after some hundred isolates it is asked for.

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
